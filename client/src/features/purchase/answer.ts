import { CombinedGraphQLErrors, ServerError } from '@apollo/client/errors';
import type { BuyMutation } from '../../gql/graphql';
import type { Answer } from './machine';

/** Before an opening that is further away than this, "not yet" is an answer and not a matter of clocks. */
const EARLY_MS = 3000;
const BUSY_MS = 2000;

export function answerOf(result: BuyMutation['purchase']): Answer {
  switch (result.__typename) {
    case 'PurchaseSuccess':
      return { kind: 'bought' };
    case 'AlreadyPurchased':
      return { kind: 'already' };
    case 'SoldOut':
      return { kind: 'soldOut' };
    case 'SaleNotFound':
      return { kind: 'gone' };
    case 'SaleNotActive':
      return notActive(result.sale);
    case 'TryAgain':
      return {
        kind: result.code === 'BUSY' ? 'busy' : 'unknown',
        retryAfterMs: result.retryAfterMs,
      };
    default:
      // Refusals may be added: an unknown one is a refusal.
      return { kind: 'rejected' };
  }
}

/** The button opened a moment before the server did: the same wish, a moment later. */
function notActive(sale: { phase: string; startsAt: string; serverTime: string }): Answer {
  const left = Date.parse(sale.startsAt) - Date.parse(sale.serverTime);
  if (sale.phase === 'UPCOMING' && left < EARLY_MS) {
    return { kind: 'early', retryAfterMs: Math.max(50, left) };
  }
  return { kind: 'notActive' };
}

/** What a failed request means for the wish. What cannot be told is unknown, never a refusal. */
export function answerOfError(error: unknown): Answer {
  if (ServerError.is(error)) return answerOfStatus(error.statusCode, error.response.headers);
  if (CombinedGraphQLErrors.is(error)) {
    return answerOfCode(error.errors[0]?.extensions?.code);
  }
  return { kind: 'unknown' };
}

function answerOfStatus(status: number, headers: Headers): Answer {
  if (status === 401) return { kind: 'signedOut' };
  if (status === 429 || status === 503) {
    const seconds = Number(headers.get('Retry-After'));
    return { kind: 'busy', retryAfterMs: seconds > 0 ? seconds * 1000 : BUSY_MS };
  }
  return status >= 500 || status === 408 ? { kind: 'unknown' } : { kind: 'rejected' };
}

function answerOfCode(code: unknown): Answer {
  switch (code) {
    case 'UNAUTHENTICATED':
    case 'INVALID_TOKEN':
      return { kind: 'signedOut' };
    case 'RATE_LIMITED':
    case 'UNAVAILABLE':
      return { kind: 'busy', retryAfterMs: BUSY_MS };
    case 'FORBIDDEN':
    case 'BAD_USER_INPUT':
    case 'BAD_REQUEST':
      return { kind: 'rejected' };
    default:
      return { kind: 'unknown' };
  }
}
