import { ApolloClient, ApolloLink, InMemoryCache } from '@apollo/client';
import { ApolloProvider } from '@apollo/client/react';
import { renderHook } from '@testing-library/react';
import { of } from 'rxjs';
import { DeskPause } from './changes';
import { useSaleChange } from './useSaleChange';

/** What an operator hears of a change that this error answers. */
async function heard(code: string, ...path: string[]) {
  const error = { message: 'no', path: ['payload', ...path], extensions: { code } };
  const client = new ApolloClient({
    cache: new InMemoryCache(),
    link: new ApolloLink(() => of({ data: null, errors: [error] })),
  });
  const { result } = renderHook(() => useSaleChange(DeskPause), {
    wrapper: ({ children }) => <ApolloProvider client={client}>{children}</ApolloProvider>,
  });
  const { kind } = await result.current({ saleId: 'sale_1' });
  client.stop();
  return kind;
}

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
});
