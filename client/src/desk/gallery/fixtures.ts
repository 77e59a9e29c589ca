import type {
  DeskActivityFragment,
  DeskChangeFragment,
  DeskFiguresFragment,
  DeskSaleFragment,
} from '../../gql/graphql';
import type { Point } from '../live/course';

/** Made-up moments of a sale, for the gallery and for tests. */

export const instant = (at: number): string => new Date(at).toISOString();

export function someSale(now: number, change: Partial<DeskSaleFragment> = {}): DeskSaleFragment {
  return {
    __typename: 'Sale',
    id: 'sale_1',
    phase: 'ACTIVE',
    stock: 20_000,
    sold: 12_480,
    remaining: 7_520,
    revision: 900,
    startsAt: instant(now - 190_000),
    endsAt: instant(now + 3_600_000),
    serverTime: instant(now),
    product: {
      __typename: 'Product',
      sku: 'AURORA-1',
      name: 'Aurora lamp',
      imageUrl: '/demo/aurora-lamp.svg',
      price: { __typename: 'Money', amount: '49.90', currencyCode: 'EUR' },
    },
    ...change,
  };
}

/** The whole list of sales, as the server answers with it. */
export const someSales = (nodes: readonly DeskSaleFragment[]) => ({
  __typename: 'SaleConnection',
  nodes,
  pageInfo: { __typename: 'PageInfo', hasNextPage: false, endCursor: null },
});

export function someChange(change: Partial<DeskChangeFragment>): DeskChangeFragment {
  return {
    __typename: 'SaleChange',
    id: `change_${change.revision}`,
    kind: 'SCHEDULED',
    changedBy: 'mona',
    changedAt: instant(0),
    revision: 4,
    stock: 20_000,
    sold: 0,
    startsAt: instant(0),
    endsAt: null,
    ...change,
  };
}

export function someChanges(now: number): DeskChangeFragment[] {
  const startsAt = instant(now - 190_000);
  return [
    {
      kind: 'RESTOCKED',
      changedBy: 'tim',
      revision: 640,
      changedAt: instant(now - 70_000),
      sold: 9_100,
    },
    {
      kind: 'RESUMED',
      changedBy: 'mona',
      revision: 420,
      changedAt: instant(now - 120_000),
      stock: 15_000,
    },
    {
      kind: 'PAUSED',
      changedBy: 'mona',
      revision: 416,
      changedAt: instant(now - 140_000),
      stock: 15_000,
    },
    { kind: 'SCHEDULED', revision: 4, changedAt: instant(now - 86_000_000), stock: 15_000 },
  ].map((change) => someChange({ startsAt, ...(change as Partial<DeskChangeFragment>) }));
}

/** A rush that eases off, with a pause in it. */
export function somePoints(now: number, sold = 12_480, span = 190_000): Point[] {
  return Array.from({ length: 120 }, (_, i) => {
    const part = (i + 1) / 120;
    const at = now - span + span * (part < 0.4 ? part ** 1.6 : part);
    return { at, sold: Math.max(1, Math.round(sold * part)) };
  });
}

export function someFigures(change: Partial<DeskFiguresFragment> = {}): DeskFiguresFragment {
  return {
    __typename: 'ActivityFigures',
    purchasesPerSecond: 312.4,
    refusals: [
      { __typename: 'RefusalRate', code: 'ALREADY_PURCHASED', perSecond: 41.2 },
      { __typename: 'RefusalRate', code: 'BUSY', perSecond: 3.1 },
    ],
    subscribers: 8_412,
    batchSize: 34.6,
    commitP50Ms: 2.4,
    commitP99Ms: 9.2,
    answerP99Ms: 18.4,
    retries: [{ __typename: 'RetryCount', sqlstate: '40001', count: 12 }],
    inFlight: 31,
    queued: 6,
    ...change,
  };
}

export function someActivity(now: number, replicas = 3): DeskActivityFragment {
  const each = someFigures({ purchasesPerSecond: 104.1, subscribers: 2_804, answerP99Ms: 17.2 });
  const idle = someFigures({ purchasesPerSecond: 0, refusals: [], subscribers: 0, retries: [] });
  return {
    __typename: 'SaleActivity',
    at: instant(now),
    total: someFigures(),
    replicas: Array.from({ length: replicas }, (_, i) => ({
      __typename: 'ReplicaActivity' as const,
      id: `r${i}`,
      name: `shop-${i + 1}/1`,
      self: i === 0,
      silent: i === 2,
      heardAt: instant(i === 2 ? now - 9_000 : now),
      figures: i === 2 ? idle : each,
    })),
  };
}

/** An hour with a nervous operator: paused and resumed again and again, the latest first. */
export function manyChanges(now: number, count: number): DeskChangeFragment[] {
  return Array.from({ length: count }, (_, i) =>
    someChange({
      kind: i === count - 1 ? 'SCHEDULED' : i % 2 === 0 ? 'RESUMED' : 'PAUSED',
      changedBy: i % 3 === 0 ? 'tim' : 'mona',
      revision: (count - i) * 4,
      changedAt: instant(now - i * 60_000),
      startsAt: instant(now - count * 60_000),
      sold: 400 * (count - i),
    }),
  );
}

/** One page of purchases, as the server answers with it. */
export function somePurchases(now: number, count = 50) {
  return {
    saleStatus: {
      __typename: 'Sale',
      id: 'sale_1',
      purchases: {
        __typename: 'PurchaseConnection',
        totalCount: count === 0 ? 0 : 12_480,
        nodes: Array.from({ length: count }, (_, i) => ({
          __typename: 'Purchase',
          id: `purchase_${i}`,
          ordinal: i + 1,
          shopperId: `demo:Guest ${i * 37 + 1}`,
          purchasedAt: instant(now - 190_000 + i * 40),
        })),
        pageInfo: { __typename: 'PageInfo', hasNextPage: count > 0, endCursor: 'next' },
      },
    },
  };
}
