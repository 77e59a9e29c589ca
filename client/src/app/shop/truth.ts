import { phaseAt } from '../../features/sale/phase';
import type { PurchaseState } from '../../features/purchase/machine';
import type { ReceiptFragment, SaleLiveFragment } from '../../gql/graphql';

/** The one thing that the page says about a sale. */
export type Truth =
  | { kind: 'bought'; receipt: ReceiptFragment; earlier: boolean }
  | { kind: 'buying' }
  | { kind: 'busy'; delayMs: number }
  | { kind: 'unknown' }
  | { kind: 'upcoming'; left: number }
  | { kind: 'active' | 'paused' | 'soldOut' | 'ended' };

export type TruthKind = Truth['kind'];

interface Facts {
  sale: SaleLiveFragment;
  receipt: ReceiptFragment | null;
  purchase: PurchaseState;
  now: number;
}

/** Mine or not comes first, then what is under way, then where the sale stands. */
export function truthOf({ sale, receipt, purchase, now }: Facts): Truth {
  if (receipt) {
    const earlier = purchase.step === 'bought' ? purchase.earlier : purchase.step === 'idle';
    return { kind: 'bought', receipt, earlier };
  }
  switch (purchase.step) {
    case 'asking':
      return { kind: purchase.unsure ? 'unknown' : 'buying' };
    case 'waiting':
      if (purchase.reason === 'unknown') return { kind: 'unknown' };
      if (purchase.reason === 'early') return { kind: 'buying' };
      return { kind: 'busy', delayMs: purchase.delayMs };
    case 'bought':
      // The server said so; its receipt is about to reach the cache.
      return { kind: 'buying' };
    default:
      return phaseTruth(sale, now);
  }
}

function phaseTruth(sale: SaleLiveFragment, now: number): Truth {
  switch (phaseAt(sale, now)) {
    case 'UPCOMING':
      return { kind: 'upcoming', left: Date.parse(sale.startsAt) - now };
    case 'ACTIVE':
      return { kind: 'active' };
    case 'PAUSED':
      return { kind: 'paused' };
    case 'SOLD_OUT':
      return { kind: 'soldOut' };
    case 'ENDED':
      return { kind: 'ended' };
  }
}
