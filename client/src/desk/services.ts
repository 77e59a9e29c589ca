import { ApolloClient, ApolloLink, HttpLink } from '@apollo/client';
import { CombinedGraphQLErrors, ServerError } from '@apollo/client/errors';
import { SetContextLink } from '@apollo/client/link/context';
import { ErrorLink } from '@apollo/client/link/error';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { OperationTypeNode } from 'graphql';
import { Session } from '../features/session/session';
import { createSocket } from '../features/session/socket';
import { Connection } from '../shared/connection/connection';
import { limitTime } from '../shared/connection/limitTime';
import { createKeep } from '../shared/storage/storage';
import { createDeskCache } from './cache';
import { waitAsTold } from './sale/waitAsTold';

/** Operators are few, and wait less than shoppers for another try. */
const LONGEST_WAIT_MS = 5_000;
/** An answer that takes longer is taken for lost: who waits for it can do nothing else meanwhile. */
const LONGEST_ANSWER_MS = 20_000;

export type DeskServices = ReturnType<typeof createDeskServices>;

/** Everything that outlives a render. An operator's token is kept for this tab only, and not left lying about. */
export function createDeskServices() {
  const session = new Session(createKeep(() => window.sessionStorage));
  const connection = new Connection(Date.now);
  const ws = createSocket(session, connection, LONGEST_WAIT_MS);
  const client = new ApolloClient({
    cache: createDeskCache(),
    link: ApolloLink.split(
      (operation) => operation.operationType === OperationTypeNode.SUBSCRIPTION,
      new GraphQLWsLink(ws),
      ApolloLink.from([
        forgetRefusedToken(session),
        sendToken(session),
        waitAsTold(),
        limitTime(LONGEST_ANSWER_MS),
        new HttpLink({ uri: new URL('/graphql', window.location.href).href }),
      ]),
    ),
    devtools: { enabled: import.meta.env.DEV },
  });
  const stopWatching = session.subscribe(() => {
    // The line carries the operator's token: it is opened anew for the next one, who starts with nothing.
    ws.terminate();
    void client.clearStore();
  });
  const offline = () => ws.terminate();
  window.addEventListener('offline', offline);
  const close = async () => {
    stopWatching();
    window.removeEventListener('offline', offline);
    client.stop();
    await Promise.resolve(ws.dispose()).catch(() => undefined);
  };
  return { session, connection, client, close };
}

function sendToken(session: Session): ApolloLink {
  return new SetContextLink((context) => {
    const { token } = session.state();
    if (token === null) return {};
    const headers = context.headers as Record<string, string> | undefined;
    return { headers: { Authorization: `Bearer ${token}`, ...headers }, token };
  });
}

/** A token that the server does not take any more is of no use: the operator signs in anew. */
function forgetRefusedToken(session: Session): ApolloLink {
  return new ErrorLink(({ error, operation }) => {
    const token: unknown = operation.getContext().token;
    if (typeof token === 'string' && isTokenRefused(error)) session.refuse(token);
  });
}

function isTokenRefused(error: unknown): boolean {
  if (ServerError.is(error)) return error.statusCode === 401;
  if (!CombinedGraphQLErrors.is(error)) return false;
  return error.errors.some(({ extensions }) => extensions?.code === 'UNAUTHENTICATED');
}
