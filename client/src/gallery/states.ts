import type { Truth } from '../app/shop/truth';
import type { ProductViewFragment, ReceiptFragment, SaleLiveFragment } from '../gql/graphql';

export const lamp: ProductViewFragment = {
  __typename: 'Product',
  sku: 'LAMP-1',
  name: 'Aurora lamp',
  description: null,
  imageUrl: '/demo/aurora-lamp.svg',
  price: { __typename: 'Money', amount: '49.90', currencyCode: 'EUR' },
};

const at = (ms: number) => new Date(ms).toISOString();

const saleAt = (now: number, change: Partial<SaleLiveFragment> = {}): SaleLiveFragment => ({
  __typename: 'Sale',
  id: 'sale_1',
  phase: 'ACTIVE',
  stock: 100,
  sold: 36,
  remaining: 64,
  revision: 1,
  startsAt: at(now - 60_000),
  endsAt: null,
  serverTime: at(now),
  ...change,
});

/** Each state of the truth box, with a sale that fits it. */
export function states(now: number): Record<string, { truth: Truth; sale: SaleLiveFragment }> {
  const receipt: ReceiptFragment = {
    __typename: 'Purchase',
    id: 'purchase_1',
    ordinal: 37,
    purchasedAt: at(now - 30_000),
    shopperId: 'demo:Ada',
  };
  const sale = saleAt(now);
  const opening = (left: number) => ({
    truth: { kind: 'upcoming', left } as const,
    sale: saleAt(now, { phase: 'UPCOMING', sold: 0, remaining: 100, startsAt: at(now + left) }),
  });
  return {
    upcoming: opening(3 * 60_000),
    'upcoming, days away': opening(5 * 86_400_000),
    active: { truth: { kind: 'active' }, sale },
    'active, the last': {
      truth: { kind: 'active' },
      sale: saleAt(now, { sold: 98, remaining: 2 }),
    },
    buying: { truth: { kind: 'buying' }, sale },
    busy: { truth: { kind: 'busy', delayMs: 600_000 }, sale },
    unknown: { truth: { kind: 'unknown' }, sale },
    bought: { truth: { kind: 'bought', receipt, earlier: false }, sale },
    'bought earlier': { truth: { kind: 'bought', receipt, earlier: true }, sale },
    'sold out': {
      truth: { kind: 'soldOut' },
      sale: saleAt(now, { phase: 'SOLD_OUT', sold: 100, remaining: 0 }),
    },
    paused: { truth: { kind: 'paused' }, sale: saleAt(now, { phase: 'PAUSED' }) },
    ended: {
      truth: { kind: 'ended' },
      sale: saleAt(now, { phase: 'ENDED', endsAt: at(now - 1000) }),
    },
  };
}
