import { aReceipt, aSale, live, liveOf } from '../testing/sales';
import { StockChanged } from '../features/sale/useStockChanges';
import { SaleStatus } from '../features/sale/useSaleStatus';
import { Buy } from '../features/purchase/usePurchase';
import { forgetViewer, isOlder, ShopCache } from './cache';

const viewer = { __typename: 'Viewer', id: 'ada' } as const;

function aCache() {
  const cache = new ShopCache();
  return {
    cache,
    answer: (sale: ReturnType<typeof aSale>) =>
      cache.writeQuery({ query: SaleStatus, data: { saleStatus: sale, viewer } }),
    event: (sale: ReturnType<typeof live>) =>
      cache.write({
        query: StockChanged,
        dataId: 'ROOT_SUBSCRIPTION',
        result: { stockChanged: sale },
      }),
    read: () => cache.readQuery({ query: SaleStatus })?.saleStatus,
  };
}

describe('what the page believes', () => {
  it('an event before the first answer is not undone by that older answer', () => {
    const { answer, event, read } = aCache();
    event({ ...live('SOLD_OUT'), sold: 100, remaining: 0, revision: 12 });
    answer(aSale({ revision: 11 }));
    expect(read()).toMatchObject({ phase: 'SOLD_OUT', remaining: 0, revision: 12 });
    expect(read()?.product.name).toBe('Aurora lamp');
  });

  it('a newer event changes it, also back to active after a restock', () => {
    const { answer, event, read } = aCache();
    answer(aSale({ phase: 'SOLD_OUT', sold: 100, remaining: 0 }));
    event({ ...live('ACTIVE'), stock: 110, sold: 100, remaining: 10, revision: 11 });
    expect(read()).toMatchObject({ phase: 'ACTIVE', stock: 110, revision: 11 });
  });

  it('of one revision the later news counts: a sale opens by the clock alone', () => {
    const { answer, event, read } = aCache();
    const sale = aSale({ phase: 'UPCOMING', serverTime: '2026-11-22T17:59:59.000Z' });
    answer(sale);
    event({ ...liveOf(sale), phase: 'ACTIVE', serverTime: '2026-11-22T18:00:00.000Z' });
    answer(sale);
    expect(read()?.phase).toBe('ACTIVE');
  });

  it('a purchase is shown on its sale at once, and is for good', () => {
    const { cache, answer, read } = aCache();
    answer(aSale());
    const sale = { ...live(), remaining: 36, sold: 64, revision: 11 };
    const purchase = { ...aReceipt(), sale };
    cache.write({
      query: Buy,
      dataId: 'ROOT_MUTATION',
      result: { purchase: { __typename: 'PurchaseSuccess', purchase } },
      variables: { input: { saleId: sale.id } },
    });
    expect(read()).toMatchObject({ remaining: 36, viewerPurchase: { ordinal: 37 } });
    answer(aSale({ viewerPurchase: null }));
    expect(read()).toMatchObject({ remaining: 36, viewerPurchase: { ordinal: 37 } });
  });

  it('what one shopper owns is forgotten for the next', () => {
    const { cache, answer, read } = aCache();
    answer(aSale({ viewerPurchase: aReceipt() }));
    forgetViewer(cache);
    expect(read()).toMatchObject({ viewerPurchase: null, remaining: 37 });
    expect(cache.readQuery({ query: SaleStatus })?.viewer).toBeNull();
  });

  it.each([
    [9, '18:00', 10, '17:00', true],
    [11, '17:00', 10, '18:00', false],
    [10, '17:00', 10, '18:00', true],
    [10, '18:00', 10, '18:00', false],
  ])('revision %i at %s against %i at %s: older is %s', (a, at, b, bt, older) => {
    const day = (time: string) => `2026-11-22T${time}:00.000Z`;
    const known = { revision: b, serverTime: day(bt) };
    expect(isOlder({ revision: a, serverTime: day(at) }, known)).toBe(older);
  });
});
