import { createGraphiQLFetcher, type Fetcher } from '@graphiql/toolkit';
import { createClient } from 'graphql-ws';

const URL_PATH = '/graphql';

/** GraphiQL's line to this origin's server, with a token in the two places where tokens travel. */
export function createFetcher(
  token: string,
  onSignIn: (token: string) => void,
): {
  fetcher: Fetcher;
  close: () => void;
} {
  const authorization = token === '' ? {} : { Authorization: `Bearer ${token}` };
  const socket = new URL(URL_PATH, window.location.href);
  socket.protocol = socket.protocol === 'https:' ? 'wss:' : 'ws:';
  let lastId = 0;
  const wsClient = createClient({
    url: socket.href,
    connectionParams: authorization,
    generateID: () => (++lastId).toString(36),
  });
  const fetcher = createGraphiQLFetcher({
    url: URL_PATH,
    headers: authorization,
    wsClient,
    fetch: async (input, init) => {
      const response = await fetch(input, init);
      void noticeToken(response.clone(), onSignIn);
      return response;
    },
  });
  return { fetcher, close: () => void wsClient.dispose() };
}

/** After a demo sign-in its token is the one to go on with. */
async function noticeToken(response: Response, onSignIn: (token: string) => void): Promise<void> {
  const answer = (await response.json().catch(() => null)) as SignInAnswer;
  const token = answer?.data?.signIn?.token;
  if (typeof token === 'string') onSignIn(token);
}

type SignInAnswer = { data?: { signIn?: { token?: unknown } | null } | null } | null;

/** The id of the current sale, to put it where a saved operation wants one; null when there is none. */
export async function currentSaleId(): Promise<string | null> {
  const response = await fetch(URL_PATH, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
    body: JSON.stringify({ query: '{ saleStatus { id } }' }),
  });
  const answer = (await response.json()) as { data?: { saleStatus?: { id?: string } | null } };
  return answer.data?.saleStatus?.id ?? null;
}
