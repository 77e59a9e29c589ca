import type { SaleLiveFragment, SalePhase } from '../../gql/graphql';

export type SaleTimes = Pick<SaleLiveFragment, 'phase' | 'startsAt' | 'endsAt'>;

/**
 * The phase now, also when no event told of it: a sale opens and ends by the clock alone.
 * The server is the judge; this only says what it will say.
 */
export function phaseAt(sale: SaleTimes, now: number): SalePhase {
  const over = sale.endsAt != null && now >= Date.parse(sale.endsAt);
  if (over) return 'ENDED';
  if (sale.phase === 'UPCOMING' && now >= Date.parse(sale.startsAt)) return 'ACTIVE';
  return sale.phase;
}

/** The next moment at which the clock alone changes the phase. */
export function nextMoment(sale: SaleTimes, now: number): number | null {
  const moments = [sale.startsAt, sale.endsAt]
    .flatMap((instant) => (instant == null ? [] : [Date.parse(instant)]))
    .filter((moment) => moment > now);
  return moments.length > 0 ? Math.min(...moments) : null;
}

/** The last tenth of the stock is the only number that may be loud. */
export function isLastTenth(sale: Pick<SaleLiveFragment, 'remaining' | 'stock'>): boolean {
  return sale.remaining > 0 && sale.remaining * 10 <= sale.stock;
}
