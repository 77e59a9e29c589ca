import type {
  BuyMutation,
  ReceiptFragment,
  SaleLiveFragment,
  SaleStatusQuery,
} from '../gql/graphql';
import type { Answer } from './canned';

type Sale = NonNullable<SaleStatusQuery['saleStatus']>;

/** A moment in which a shopper can meet the page. */
export interface State {
  /** The `data-state` that the page must come to. */
  kind: string;
  /** Null: there is none. Lost: nobody answers. */
  sale: Partial<Sale> | null | 'lost';
  signedIn: boolean;
  /** What becomes of a purchase: then the button is pressed. */
  buys?: Answer;
  /** What the page hears later. */
  hears?: Partial<SaleLiveFragment>;
  /** What stands in the page is all there is: who the shopper is cannot be asked. */
  unanswered?: boolean;
  /** The line is broken. */
  offline?: boolean;
}

const instant = (at: number) => new Date(at).toISOString();

/** A sale of a hundred that has been open for a minute. */
export function saleAt(now: number, change: Partial<Sale> = {}): Sale {
  return {
    __typename: 'Sale',
    id: 'sale_1',
    phase: 'ACTIVE',
    stock: 100,
    sold: 36,
    remaining: 64,
    revision: 1,
    startsAt: instant(now - 60_000),
    endsAt: null,
    serverTime: instant(now),
    product: {
      __typename: 'Product',
      sku: 'LAMP-1',
      name: 'Aurora lamp',
      description: 'A shade of hand-blown glass, and a light like the last hour of the day.',
      imageUrl: '/demo/aurora-lamp.svg',
      price: { __typename: 'Money', amount: '49.90', currencyCode: 'EUR' },
    },
    viewerPurchase: null,
    ...change,
  };
}

/** Every state of the shopper's page, by the names that the browser tests and the pictures use, too. */
export function states(now: number): Record<string, State> {
  const receipt: ReceiptFragment = {
    __typename: 'Purchase',
    id: 'purchase_1',
    ordinal: 37,
    purchasedAt: instant(now - 30_000),
    shopperId: 'demo:Ada',
  };
  const upcoming = (left: number, stock: number): State => ({
    kind: 'upcoming',
    signedIn: true,
    sale: { phase: 'UPCOMING', stock, sold: 0, remaining: stock, startsAt: instant(now + left) },
  });
  const active = { kind: 'active', signedIn: true, sale: {} } as const;
  const soldOut = { phase: 'SOLD_OUT', sold: 100, remaining: 0, revision: 2 } as const;
  return {
    'signed-out': { ...active, signedIn: false },
    upcoming: upcoming(3 * 60_000, 100),
    'upcoming-far': upcoming(5 * 86_400_000, 1200),
    active,
    'open-for-days': { ...active, sale: { endsAt: instant(now + 3 * 86_400_000) } },
    unready: { ...active, unanswered: true },
    last: { ...active, sale: { stock: 20, sold: 18, remaining: 2 } },
    buying: { ...active, kind: 'buying', buys: 'never' },
    busy: {
      ...active,
      kind: 'busy',
      buys: purchase({ __typename: 'TryAgain', code: 'BUSY', retryAfterMs: 600_000 }),
    },
    unknown: { ...active, kind: 'unknown', buys: 'lost' },
    bought: {
      ...active,
      kind: 'bought',
      buys: purchase({
        __typename: 'PurchaseSuccess',
        purchase: {
          ...receipt,
          sale: saleAt(now, { id: 'sale_bought', sold: 37, remaining: 63, revision: 2 }),
        },
      }),
    },
    'bought-earlier': { ...active, kind: 'bought', sale: { viewerPurchase: receipt } },
    'sold-out': { ...active, kind: 'soldOut', hears: soldOut },
    'sold-out-signed-out': { kind: 'soldOut', signedIn: false, sale: soldOut },
    paused: { ...active, kind: 'paused', sale: { phase: 'PAUSED' } },
    ended: { ...active, kind: 'ended', sale: { phase: 'ENDED', endsAt: instant(now - 1000) } },
    offline: { ...active, offline: true },
    none: { kind: 'none', signedIn: false, sale: null },
    away: { kind: 'away', signedIn: false, sale: 'lost' },
  };
}

const purchase = (answer: BuyMutation['purchase']): Answer => ({ purchase: answer });
