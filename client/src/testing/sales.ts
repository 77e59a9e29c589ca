import type { ReceiptFragment, SaleLiveFragment, SaleStatusQuery, SalePhase } from '../gql/graphql';

export type SaleView = NonNullable<SaleStatusQuery['saleStatus']>;

export const instant = (at: number): string => new Date(at).toISOString();

/** A sale of a hundred that has been open for a minute. */
export function aSale(change: Partial<SaleView> = {}): SaleView {
  return {
    product: {
      __typename: 'Product',
      sku: 'AURORA-1',
      name: 'Aurora lamp',
      description: null,
      imageUrl: '/demo/aurora-lamp.svg',
      price: { __typename: 'Money', amount: '49.90', currencyCode: 'EUR' },
    },
    viewerPurchase: null,
    ...live(change.phase),
    ...change,
  };
}

/** What an event carries. */
export function live(phase: SalePhase = 'ACTIVE'): SaleLiveFragment {
  return {
    __typename: 'Sale',
    id: 'sale-1',
    phase,
    stock: 100,
    sold: 63,
    remaining: 37,
    revision: 10,
    startsAt: instant(Date.now() - 60_000),
    endsAt: null,
    serverTime: instant(Date.now()),
  };
}

/** What an event of this sale carries. */
export function liveOf(sale: SaleView): SaleLiveFragment {
  return { ...sale };
}

export function aReceipt(change: Partial<ReceiptFragment> = {}): ReceiptFragment {
  return {
    __typename: 'Purchase',
    id: 'purchase-1',
    ordinal: 37,
    purchasedAt: instant(Date.now()),
    shopperId: 'ada',
    ...change,
  };
}
