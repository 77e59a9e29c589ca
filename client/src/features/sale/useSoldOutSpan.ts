import { useState } from 'react';
import type { SaleLiveFragment } from '../../gql/graphql';

/**
 * How long the stock lasted, in milliseconds, for who was here when it ran out; null for who came later:
 * the API does not tell, and the page does not guess.
 */
export function useSoldOutSpan(sale: SaleLiveFragment | null): number | null {
  const [seen, setSeen] = useState<{ id: string; phase: string; span: number | null } | null>(null);
  if (!sale) return null;
  if (seen?.id === sale.id && seen.phase === sale.phase) return seen.span;
  const watched = seen?.id === sale.id && (seen.phase === 'ACTIVE' || seen.phase === 'UPCOMING');
  const span =
    sale.phase === 'SOLD_OUT' && watched
      ? Date.parse(sale.serverTime) - Date.parse(sale.startsAt)
      : null;
  setSeen({ id: sale.id, phase: sale.phase, span });
  return span;
}
