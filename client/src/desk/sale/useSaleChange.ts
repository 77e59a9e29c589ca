import type { TypedDocumentNode } from '@apollo/client';
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { useApolloClient } from '@apollo/client/react';
import type { DeskPayloadFragment } from '../../gql/graphql';

/** What became of an operator's wish. */
export type Result =
  | { kind: 'done'; saleId: string }
  /** Somebody changed the sale meanwhile. */
  | { kind: 'conflict' }
  /** What is wrong, by the last word of the field's path. */
  | { kind: 'wrong'; fields: Record<string, string> }
  | { kind: 'refused' }
  /** It may have been made all the same. */
  | { kind: 'away' };

/** With these, nobody can tell by the answer whether the change was made. */
const DOUBTFUL = ['OUTCOME_UNKNOWN', 'INTERNAL'];

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
      return data ? resultOf(data.payload) : { kind: 'away' };
    } catch (error) {
      return { kind: CombinedGraphQLErrors.is(error) && isCertain(error) ? 'refused' : 'away' };
    }
  };
}

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
    const fields = userErrors.map(({ field, message }) => [field?.at(-1) ?? '', message]);
    return { kind: 'wrong', fields: Object.fromEntries(fields) as Record<string, string> };
  }
  return sale ? { kind: 'done', saleId: sale.id } : { kind: 'refused' };
}
