import { screen } from '@testing-library/react';
import { HttpResponse } from 'msw';
import { aReceipt, aSale, live } from '../../testing/sales';
import { openShop, truth, watched } from '../../testing/shop';

// The answer to a purchase was lost: the page finds out what became of it, soon and without a false word.

const success = {
  __typename: 'PurchaseSuccess',
  purchase: { ...aReceipt(), sale: live() },
} as const;
const lost = () => HttpResponse.error();
/** A chance that makes each wait of our own half a minute long. */
const LONG = 120;

/** A shopper whose first attempt to buy has lost its answer. */
async function inDoubt(chance: number, answer: () => Response) {
  const random = vi.spyOn(Math, 'random').mockReturnValue(chance);
  const opened = openShop({ sale: aSale(), shopper: 'ada' });
  await truth('active');
  await watched(opened.line);
  opened.shop.answers.push(lost, answer);
  await opened.user.click(screen.getByRole('button', { name: /Buy now/ }));
  await truth('unknown');
  return { ...opened, random };
}

describe('a purchase in doubt', () => {
  const bought = () => HttpResponse.json({ data: { purchase: success } });

  it.each([
    ['the network', () => window.dispatchEvent(new Event('online'))],
    ['the shopper', () => document.dispatchEvent(new Event('visibilitychange'))],
  ])('is asked for as soon as %s is back', async (_, comesBack) => {
    const { shop } = await inDoubt(LONG, bought);
    comesBack();
    await truth('bought');
    expect(shop.keys).toHaveLength(2);
  });

  it('is asked for as soon as the live line is back', async () => {
    const { line, shop, random } = await inDoubt(LONG, bought);
    random.mockReturnValue(0);
    line.drop();
    await truth('bought');
    expect(shop.keys).toHaveLength(2);
  });

  it('is no refusal when somebody on the way refuses: the status tells', async () => {
    const { shop } = await inDoubt(0, () => new HttpResponse(null, { status: 403 }));
    shop.sale = aSale({ viewerPurchase: aReceipt() });
    const block = await truth('bought');
    expect(block).toHaveTextContent('You are number 37 of 100.');
    expect(new Set(shop.keys).size).toBe(1);
  });
});
