import type { SaleLiveFragment } from '../../gql/graphql';
import type { Truth } from './truth';

/** What a screen reader is told without asking: few things, and each once. */
export type Milestone =
  | { say: 'opensIn'; ms: number }
  | { say: 'left'; remaining: number }
  | { say: 'refused'; problem: string }
  | { say: Exclude<Truth['kind'], 'upcoming'> };

const MINUTE = 60_000;
const BEFORE_OPENING = [10 * MINUTE, 5 * MINUTE, MINUTE, 30_000, 10_000];
/** Parts of the stock: half, a tenth, and the last unit but a few. */
const OF_STOCK = [0.5, 0.1, 0.03];

export interface Moment {
  truth: Truth;
  sale: Pick<SaleLiveFragment, 'remaining' | 'stock'>;
  /** Why nothing was bought, in the shopper's words. */
  problem: string | null;
}

/** What is worth saying when `before` became `after`; null: nothing. */
export function milestone(before: Moment | null, after: Moment): Milestone | null {
  const { truth, sale, problem } = after;
  if (truth.kind === 'upcoming') {
    const was = before?.truth.kind === 'upcoming' ? before.truth.left : Infinity;
    const passed = BEFORE_OPENING.filter((mark) => truth.left <= mark && was > mark);
    if (passed.length > 0) return { say: 'opensIn', ms: Math.ceil(truth.left / 1000) * 1000 };
    return before?.truth.kind === 'upcoming' ? null : { say: 'opensIn', ms: truth.left };
  }
  if (before?.truth.kind !== truth.kind) {
    // What became of the wish is the news, and not that the sale is open as before.
    if (truth.kind === 'active' && problem !== null && before?.problem === null)
      return { say: 'refused', problem };
    return { say: truth.kind };
  }
  if (truth.kind !== 'active') return null;
  const part = (moment: Moment) => moment.sale.remaining / moment.sale.stock;
  const passed = OF_STOCK.some((mark) => part(after) <= mark && part(before) > mark);
  return passed ? { say: 'left', remaining: sale.remaining } : null;
}
