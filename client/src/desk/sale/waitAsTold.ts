import { ApolloLink } from '@apollo/client';
import { ServerError } from '@apollo/client/errors';
import { OperationTypeNode } from 'graphql';
import { defer, from, switchMap, tap } from 'rxjs';
import { waitOrReturn } from '../../shared/time/wait';

/** No server is believed that wants to be left alone for longer. */
const LONGEST_WAIT_MS = 30_000;

/** A server that says when to come back is asked nothing before. What an operator wants done does not wait. */
export function waitAsTold(now: () => number = Date.now): ApolloLink {
  let notBefore = 0;
  const learn = (error: unknown) => {
    notBefore = Math.max(notBefore, now() + retryAfterMs(error));
  };
  return new ApolloLink((operation, forward) => {
    const ask = () => forward(operation).pipe(tap({ error: learn }));
    if (operation.operationType !== OperationTypeNode.QUERY) return ask();
    return defer(() => {
      const wait = notBefore - now();
      return wait > 0 ? from(waitOrReturn(wait)).pipe(switchMap(ask)) : ask();
    });
  });
}

/** What `Retry-After` says in seconds; 0 without it. */
export function retryAfterMs(error: unknown): number {
  if (!ServerError.is(error)) return 0;
  const seconds = Number(error.response.headers.get('Retry-After'));
  return seconds > 0 ? Math.min(seconds * 1000, LONGEST_WAIT_MS) : 0;
}
