import { useState } from 'react';
import type { SaleLiveFragment } from '../../gql/graphql';
import { useConnection } from '../../shared/connection/connection';

interface Seen {
  id: string;
  phase: string;
  serverTime: string;
  /** In which life of the line this was heard; null: while there was none. */
  life: number | null;
  span: number | null;
}

/**
 * How long the stock lasted, in milliseconds, for who was here when it ran out; null for who came later, or whose line was
 * broken in between: the API does not tell, and the page does not guess.
 */
export function useSoldOutSpan(sale: SaleLiveFragment | null): number | null {
  const { status, lives } = useConnection();
  const [seen, setSeen] = useState<Seen | null>(null);
  if (!sale) return null;
  const { id, phase, serverTime } = sale;
  const same = seen?.id === id && seen.phase === phase;
  if (same && seen.serverTime === serverTime) return seen.span;
  const life = status === 'live' ? lives : null;
  const span = same ? seen.span : spanOf(sale, seen?.id === id ? seen : null, life);
  setSeen({ id, phase, serverTime, life, span });
  return span;
}

function spanOf(sale: SaleLiveFragment, before: Seen | null, life: number | null): number | null {
  const wasOpen = before?.phase === 'ACTIVE' || before?.phase === 'UPCOMING';
  if (sale.phase !== 'SOLD_OUT' || !wasOpen || life === null || before.life !== life) return null;
  return Date.parse(sale.serverTime) - Date.parse(sale.startsAt);
}
