import { ApolloClient, ApolloLink } from '@apollo/client';
import { ServerError } from '@apollo/client/errors';
import { BaseHttpLink } from '@apollo/client/link/http';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { type GraphQLFormattedError, OperationTypeNode } from 'graphql';
import type { Client as WsClient } from 'graphql-ws';
import { map, tap } from 'rxjs';
import type { Session } from '../features/session/session';
import { limitTime } from '../shared/connection/limitTime';
import type { ServerClock } from '../shared/time/clock';
import { ShopCache } from './cache';

/** An answer that takes longer is taken for lost: whoever asked may ask again, a purchase with the same key. */
const LONGEST_ANSWER_MS = 10_000;

interface Parts {
  session: Session;
  clock: ServerClock;
  ws: WsClient;
  uri: string;
}

export function createApollo({ session, clock, ws, uri }: Parts) {
  const cache = new ShopCache();
  const http = ApolloLink.from([
    sendToken(session),
    learnTime(clock),
    limitTime(LONGEST_ANSWER_MS),
    new BaseHttpLink({ uri }),
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
 * Requests carry the shopper's token in `Authorization`, nowhere else. An answer is dropped when the shopper has changed
 * since: it would show one what another owns. A token that the server does not take is of no use: the shopper signs in
 * anew.
 */
function sendToken(session: Session): ApolloLink {
  return new ApolloLink((operation, forward) => {
    const { token } = session.state();
    if (token !== null) operation.setContext({ headers: { Authorization: `Bearer ${token}` } });
    const forgetIf = (refused = false) => {
      if (refused && token !== null) session.refuse(token);
    };
    return forward(operation).pipe(
      map((result) => {
        if (session.state().token !== token) throw new SomebodyElsesAnswer();
        return result;
      }),
      tap({
        next: ({ errors }) => forgetIf(errors?.some(isTokenRefused)),
        error: (error: unknown) => forgetIf(ServerError.is(error) && error.statusCode === 401),
      }),
    );
  });
}

const isTokenRefused = ({ extensions }: GraphQLFormattedError) =>
  ['INVALID_TOKEN', 'UNAUTHENTICATED'].includes(String(extensions?.code));

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
