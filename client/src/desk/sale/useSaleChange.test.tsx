import { ApolloClient, ApolloLink, InMemoryCache } from '@apollo/client';
import { ServerError } from '@apollo/client/errors';
import { ApolloProvider } from '@apollo/client/react';
import { renderHook } from '@testing-library/react';
import { type Observable, of, throwError } from 'rxjs';
import { DeskPause } from './changes';
import { useSaleChange } from './useSaleChange';

/** What became of a change to which this is the answer. */
async function result(answer: () => Observable<ApolloLink.Result>) {
  const client = new ApolloClient({
    cache: new InMemoryCache(),
    link: new ApolloLink(answer),
  });
  const { result } = renderHook(() => useSaleChange(DeskPause), {
    wrapper: ({ children }) => <ApolloProvider client={client}>{children}</ApolloProvider>,
  });
  const became = await result.current({ saleId: 'sale_1' });
  client.stop();
  return became;
}

const withError = (extensions: Record<string, unknown>, ...path: string[]) =>
  result(() =>
    of({ data: null, errors: [{ message: 'no', path: ['payload', ...path], extensions }] }),
  );

const withStatus = (status: number, headers: HeadersInit = {}) =>
  result(() => {
    const response = new Response(null, { status, headers });
    return throwError(() => new ServerError('no', { response, bodyText: '' }));
  });

const heard = async (code: string, ...path: string[]) => (await withError({ code }, ...path)).kind;

describe('a change that ends with an error', () => {
  it.each(['BUSY', 'FORBIDDEN', 'BAD_USER_INPUT', 'RATE_LIMITED'])(
    'was refused when the server knows that nothing was changed: %s',
    async (code) => expect(await heard(code)).toBe('refused'),
  );

  it.each(['OUTCOME_UNKNOWN', 'INTERNAL'])(
    'may have been made when the server does not know: %s',
    async (code) => expect(await heard(code)).toBe('away'),
  );

  it('may have been made when only what it left could not be read', async () => {
    expect(await heard('UNAVAILABLE', 'sale', 'changes')).toBe('away');
  });

  it.each(['OUTCOME_UNKNOWN', 'INTERNAL'])(
    'had an answer that does not say it: %s',
    async (code) => {
      expect(await withError({ code })).toEqual({ kind: 'away', answered: true });
      expect(await result(() => throwError(() => new Error('the line broke')))).toEqual({
        kind: 'away',
      });
    },
  );
});

describe('a change that the servers cannot get to', () => {
  const NOW = Date.parse('2026-11-26T18:00:00Z');
  beforeEach(() => void vi.spyOn(Date, 'now').mockReturnValue(NOW));
  const from = (ms: number) => ({ kind: 'refused', again: NOW + ms });

  it('may be asked for again when they say', async () => {
    expect(await withError({ code: 'BUSY', retryAfterMs: 2500 })).toEqual(from(2500));
    expect(await withError({ code: 'BUSY' })).toEqual(from(1000));
    expect(await withError({ code: 'FORBIDDEN' })).toEqual({ kind: 'refused' });
  });

  it.each([429, 503])('was refused at the door: %s', async (status) => {
    expect(await withStatus(status, { 'Retry-After': '3' })).toEqual(from(3000));
    expect(await withStatus(status)).toEqual({ kind: 'away' });
    expect(await withStatus(500, { 'Retry-After': '3' })).toEqual({ kind: 'away' });
  });
});
