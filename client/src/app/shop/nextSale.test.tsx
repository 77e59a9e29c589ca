import { waitFor } from '@testing-library/react';
import { aSale, liveOf } from '../../testing/sales';
import { openShop, truth, watched } from '../../testing/shop';

describe('the next sale', () => {
  beforeEach(() => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
  });

  it('goes on to the next sale when that becomes current', async () => {
    const { shop, line } = openShop({ sale: aSale({ phase: 'ENDED' }), shopper: 'ada' });
    await truth('ended');
    await watched(line);
    shop.sale = aSale({ id: 'sale-2', revision: 1 });
    line.say(liveOf(shop.sale));
    await truth('active');
  });

  it('is asked for until the answer tells of it: another server may lag behind', async () => {
    const before = aSale({ phase: 'ENDED' });
    const { shop, line } = openShop({ sale: before, shopper: 'ada' });
    await truth('ended');
    await watched(line);
    const next = aSale({ id: 'sale-2', revision: 1 });
    line.say(liveOf(next));
    await waitFor(() => expect(shop.queries).toBeGreaterThan(2));
    shop.sale = next;
    await truth('active');
  });

  it('may come after another one', async () => {
    const { shop, line } = openShop({ sale: aSale({ phase: 'ENDED' }), shopper: 'ada' });
    await truth('ended');
    await watched(line);
    shop.sale = aSale({ id: 'sale-2', revision: 1 });
    line.say(liveOf(shop.sale));
    await truth('active');
    shop.sale = aSale({ id: 'sale-3', revision: 1, phase: 'PAUSED' });
    line.say(liveOf(shop.sale));
    await truth('paused');
  });
});
