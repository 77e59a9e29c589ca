import { screen, waitFor } from '@testing-library/react';
import { HttpResponse } from 'msw';
import { aSale, liveOf } from '../../testing/sales';
import { openShop, truth, watched } from '../../testing/shop';

// A question about the sale that fails or hangs: the page goes on showing what it hears, and asks again.

const buyButton = () => screen.getByRole('button', { name: /Buy now/ });
const never = () => new Promise<Response>(() => undefined);
const status = (code: number) => () => new HttpResponse(null, { status: code });
const sale = aSale();
/** What stands in the page, which knows nobody. */
const first = { saleStatus: sale, viewer: null };
const oneSold = { ...liveOf(sale), sold: 64, remaining: 36, revision: 11 };

describe('a question about the sale', () => {
  it.each([
    ['429', status(429)],
    ['503', status(503)],
    ['a broken line', () => HttpResponse.error()],
  ])('that ends in %s is asked again, whatever is sold meanwhile', async (_, trouble) => {
    vi.spyOn(Math, 'random').mockReturnValue(0.3);
    const { line } = openShop({ sale, shopper: 'ada', first, troubles: [trouble] });
    const block = await truth('active');
    await waitFor(() =>
      expect(block).toHaveTextContent('The shop has not answered yet. Trying again.'),
    );
    expect(buyButton()).toHaveAttribute('aria-disabled', 'true');
    await watched(line);
    line.say(oneSold);
    await waitFor(() => expect(buyButton()).toHaveAttribute('aria-disabled', 'false'));
    expect(await truth('active')).not.toHaveTextContent('has not answered');
    expect(await truth('active')).toHaveTextContent('36 of 100 left');
  });

  it('that hangs holds up no news, at the start or after the line came back', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const { shop, line } = openShop({ sale, shopper: 'ada', first, troubles: [never, never] });
    const block = await truth('active');
    await watched(line);
    line.say(oneSold);
    await waitFor(() => expect(block).toHaveTextContent('36 of 100 left'));
    line.drop();
    await waitFor(() => expect(shop.queries).toBe(2));
    await watched(line);
    line.say({ ...oneSold, sold: 65, remaining: 35, revision: 12 });
    await waitFor(() => expect(block).toHaveTextContent('35 of 100 left'));
  });

  it('that hangs is given up after ten seconds, and asked again', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const limit = new AbortController();
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(limit.signal);
    const { shop } = openShop({ sale, shopper: 'ada', first, troubles: [never] });
    await waitFor(() => expect(shop.queries).toBe(1));
    expect(timeout).toHaveBeenCalledWith(10_000);
    limit.abort(new DOMException('late', 'TimeoutError'));
    await waitFor(() => expect(buyButton()).toHaveAttribute('aria-disabled', 'false'));
    expect(shop.queries).toBe(2);
  });
});
