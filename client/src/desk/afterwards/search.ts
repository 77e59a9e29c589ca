import type { PurchaseFilter } from '../../gql/graphql';

/** What was typed into the search field: "#37" is an ordinal, anything else the beginning of a shopper's id. */
export function filterOf(typed: string): PurchaseFilter | null {
  const text = typed.trim();
  if (text === '') return null;
  const ordinal = /^#\s*(\d{1,9})$/.exec(text)?.[1];
  if (ordinal !== undefined && Number(ordinal) > 0) return { ordinal: Number(ordinal) };
  return { shopperIdPrefix: Array.from(text).slice(0, 64).join('') };
}
