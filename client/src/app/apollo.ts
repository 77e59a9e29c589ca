import { ApolloClient, ApolloLink, HttpLink } from '@apollo/client';
import { CombinedGraphQLErrors, ServerError } from '@apollo/client/errors';
import { SetContextLink } from '@apollo/client/link/context';
import { ErrorLink } from '@apollo/client/link/error';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { OperationTypeNode } from 'graphql';
import type { Client as WsClient } from 'graphql-ws';
import { map } from 'rxjs';
import type { Session } from '../features/session/session';
import type { ServerClock } from '../shared/time/clock';
import { ShopCache } from './cache';

interface Parts {
  session: Session;
  clock: ServerClock;
  ws: WsClient;
  uri: string;
}

export function createApollo({ session, clock, ws, uri }: Parts) {
  const cache = new ShopCache();
  const http = ApolloLink.from([
    forgetRefusedToken(session),
    sendToken(session),
    learnTime(clock),
    new HttpLink({ uri }),
  ]);
  const client = new ApolloClient({
    cache,
    link: ApolloLink.split(
      (operation) => operation.operationType === OperationTypeNode.SUBSCRIPTION,
      new GraphQLWsLink(ws),
      http,
    ),
    devtools: { enabled: import.meta.env.DEV },
  });
  return { client, cache };
}

/** The answer to a request of a shopper who has left meanwhile. */
export class SomebodyElsesAnswer extends Error {}

/**
 * Requests carry the shopper's token in `Authorization`, nowhere else. An answer is dropped when the
 * shopper has changed since: it would show one what another owns.
 */
function sendToken(session: Session): ApolloLink {
  const guard = new ApolloLink((operation, forward) => {
    const { token } = session.state();
    operation.setContext({ token });
    return forward(operation).pipe(
      map((result) => {
        if (session.state().token !== token) throw new SomebodyElsesAnswer();
        return result;
      }),
    );
  });
  const header = new SetContextLink((context) => {
    const token: unknown = context.token;
    if (typeof token !== 'string') return {};
    const headers = context.headers as Record<string, string> | undefined;
    return { headers: { ...headers, Authorization: `Bearer ${token}` } };
  });
  return guard.concat(header);
}

/** A token that the server does not take is of no use: the shopper signs in anew. */
function forgetRefusedToken(session: Session): ApolloLink {
  return new ErrorLink(({ error, operation }) => {
    if (!isTokenRefused(error)) return;
    const token: unknown = operation.getContext().token;
    if (typeof token === 'string') session.forget(token);
  });
}

function isTokenRefused(error: unknown): boolean {
  if (ServerError.is(error)) return error.statusCode === 401;
  if (!CombinedGraphQLErrors.is(error)) return false;
  return error.errors.some(({ extensions }) =>
    ['INVALID_TOKEN', 'UNAUTHENTICATED'].includes(String(extensions?.code)),
  );
}

/** Every answer that tells the server's time is a sample of its clock. */
function learnTime(clock: ServerClock): ApolloLink {
  return new ApolloLink((operation, forward) => {
    const sentAt = clock.local();
    return forward(operation).pipe(
      map((result) => {
        const time = timeIn(result.data);
        if (time !== null) clock.learn(sentAt, time);
        return result;
      }),
    );
  });
}

function timeIn(data: unknown): number | null {
  if (typeof data !== 'object' || data === null || !('saleStatus' in data)) return null;
  const status = data.saleStatus;
  if (typeof status !== 'object' || status === null || !('serverTime' in status)) return null;
  const time = Date.parse(String(status.serverTime));
  return Number.isNaN(time) ? null : time;
}
