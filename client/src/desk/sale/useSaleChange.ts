import type { TypedDocumentNode } from '@apollo/client';
import { CombinedGraphQLErrors, ServerError } from '@apollo/client/errors';
import { useApolloClient } from '@apollo/client/react';
import type { DeskPayloadFragment, UserErrorCode } from '../../gql/graphql';
import { retryAfterMs } from './waitAsTold';

/** Nothing was changed. */
export interface Refused {
  kind: 'refused';
  /** Only for now: the servers could not get to it, and can be asked again from this moment on. */
  again?: number;
}

/** It may have been made all the same. */
export interface Away {
  kind: 'away';
  /** The server was there, and could not say. */
  answered?: boolean;
}

/** What became of an operator's wish. */
export type Result =
  | { kind: 'done'; saleId: string }
  /** Somebody changed the sale meanwhile. */
  | { kind: 'conflict' }
  /** What is wrong, by the last word of the field's path. */
  | { kind: 'wrong'; fields: Record<string, UserErrorCode> }
  | Refused
  | Away;

/** With these, nobody can tell by the answer whether the change was made. */
const DOUBTFUL = ['OUTCOME_UNKNOWN', 'INTERNAL'];
/** Of an HTTP answer: too often, or from a server that is about to stop. */
const NOT_NOW = [429, 503];
/** Where a server has no time for it and does not say for how long. */
const BUSY_MS = 1000;

export type ChangeDocument<V> = TypedDocumentNode<{ payload: DeskPayloadFragment }, V>;

/** Asks for one change. Nothing of it is shown as done before the server says so. */
export function useSaleChange<V extends { input: object }>(
  document: ChangeDocument<V>,
): (input: V['input']) => Promise<Result> {
  const client = useApolloClient();
  return async (input) => {
    try {
      const mutation = document as unknown as ChangeDocument<{ input: object }>;
      const { data } = await client.mutate({ mutation, variables: { input } });
      return data ? resultOf(data.payload) : { kind: 'away', answered: true };
    } catch (error) {
      return CombinedGraphQLErrors.is(error) ? resultOfErrors(error) : resultOfLoss(error);
    }
  };
}

function resultOfErrors(error: CombinedGraphQLErrors): Refused | Away {
  if (!isCertain(error)) return { kind: 'away', answered: true };
  const busy = error.errors.find(({ extensions }) => extensions?.code === 'BUSY');
  return busy ? notNow(Number(busy.extensions?.retryAfterMs)) : { kind: 'refused' };
}

/** A server that refuses at its door and says when to come back has done nothing. */
function resultOfLoss(error: unknown): Refused | Away {
  const wait = retryAfterMs(error);
  const refused = ServerError.is(error) && NOT_NOW.includes(error.statusCode) && wait > 0;
  return refused ? notNow(wait) : { kind: 'away' };
}

const notNow = (waitMs: number): Refused => ({
  kind: 'refused',
  again: Date.now() + (waitMs > 0 ? waitMs : BUSY_MS),
});

/** Whether the server knows that nothing was changed. What is wrong below the change came after it. */
function isCertain({ errors }: CombinedGraphQLErrors): boolean {
  return errors.every(
    ({ path = [], extensions }) =>
      path.length < 2 && !DOUBTFUL.includes(extensions?.code as string),
  );
}

export function resultOf({ sale, userErrors }: DeskPayloadFragment): Result {
  if (userErrors.some(({ code }) => code === 'STALE_REVISION')) return { kind: 'conflict' };
  if (userErrors.length > 0) {
    const fields = userErrors.map(({ field, code }) => [field?.at(-1) ?? '', code]);
    return { kind: 'wrong', fields: Object.fromEntries(fields) as Record<string, UserErrorCode> };
  }
  return sale ? { kind: 'done', saleId: sale.id } : { kind: 'refused' };
}
