import { ApolloClient, ApolloLink, InMemoryCache } from '@apollo/client';
import { ServerError } from '@apollo/client/errors';
import { parse } from 'graphql';
import { of, throwError } from 'rxjs';
import { waitAsTold } from './waitAsTold';

/** A server that is too busy for its first question, and says when to come back. */
function busy(retryAfter: string) {
  const asked: string[] = [];
  const server = new ApolloLink(({ operationName = '' }) => {
    asked.push(operationName);
    if (asked.length > 1) return of({ data: { it: true } });
    const response = new Response(null, { status: 429, headers: { 'Retry-After': retryAfter } });
    return throwError(() => new ServerError('busy', { response, bodyText: '' }));
  });
  const link = ApolloLink.from([waitAsTold(), server]);
  const client = new ApolloClient({ cache: new InMemoryCache(), link });
  const look = () => client.query({ query: LOOK, fetchPolicy: 'no-cache' });
  return { asked, look, client };
}

const LOOK = parse('query Look { it }');
const PAUSE = parse('mutation Pause { it }');

describe('a server that says when to come back', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is asked nothing before, but told at once what an operator wants', async () => {
    const { asked, look, client } = busy('2');
    await expect(look()).rejects.toThrow('busy');
    void look();
    await client.mutate({ mutation: PAUSE });
    await vi.advanceTimersByTimeAsync(1999);
    expect(asked).toEqual(['Look', 'Pause']);
    await vi.advanceTimersByTimeAsync(1);
    expect(asked).toEqual(['Look', 'Pause', 'Look']);
  });

  it('is not believed that it wants to be alone for a day', async () => {
    const { asked, look } = busy('86400');
    await expect(look()).rejects.toThrow('busy');
    void look();
    await vi.advanceTimersByTimeAsync(29_999);
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(asked).toHaveLength(2);
  });

  it('is asked at once when it does not say so in seconds', async () => {
    const { asked, look } = busy('Thu, 26 Nov 2026 12:00:00 GMT');
    await expect(look()).rejects.toThrow('busy');
    await look();
    expect(asked).toHaveLength(2);
  });
});
