import { fireEvent, screen, waitFor } from '@testing-library/react';
import { aSale, liveOf } from '../testing/sales';
import { openShop, truth, watched } from '../testing/shop';

it('a line that never stood is not called live', async () => {
  const { shop } = openShop({ sale: aSale(), shopper: 'ada' });
  shop.line.accept = false;
  const block = await truth('active');
  const shown = [block.textContent];
  new MutationObserver(() => shown.push(block.textContent)).observe(block, {
    subtree: true,
    childList: true,
    characterData: true,
  });
  await waitFor(() => expect(block).toHaveTextContent('No connection'));
  expect(shown.filter((text) => text.includes('Live'))).toEqual([]);
});

it('a picture that did not arrive is asked for again when the line is back', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0);
  const { line } = openShop({ sale: aSale(), shopper: 'ada' });
  await truth('active');
  await watched(line);
  fireEvent.error(screen.getByRole('img', { name: 'Aurora lamp' }));
  expect(screen.queryByRole('img', { name: 'Aurora lamp' })).toBeNull();
  line.drop();
  expect(await screen.findByRole('img', { name: 'Aurora lamp' })).toBeVisible();
});

describe('when the line breaks', () => {
  beforeEach(() => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
  });

  it('a server that lags behind takes nothing back', async () => {
    const known = aSale({ sold: 90, remaining: 10, revision: 90 });
    const { shop, line } = openShop({ sale: known, shopper: 'ada' });
    const block = await truth('active');
    await watched(line);
    const shown: (string | null)[] = [];
    new MutationObserver(() => shown.push(block.textContent)).observe(block, {
      subtree: true,
      childList: true,
      characterData: true,
    });
    shop.sale = aSale({ sold: 80, remaining: 20, revision: 80 });
    line.drop();
    await waitFor(() => expect(line.inits).toHaveLength(2));
    await watched(line);
    line.say(liveOf(shop.sale));
    await waitFor(() => expect(shop.queries).toBe(2));
    line.say({ ...liveOf(known), sold: 91, remaining: 9, revision: 91 });
    await waitFor(() => expect(block).toHaveTextContent('9 of 100 left'));
    expect(shown.filter((text) => text?.includes('20 of 100'))).toEqual([]);
  });

  it.each([4400, 4401, 4409, 4429, 4500])(
    'for good, as the protocol has it, with %i: it begins again all the same',
    async (code) => {
      const { line } = openShop({ sale: aSale(), shopper: 'ada' });
      await truth('active');
      await watched(line);
      line.drop(code);
      await waitFor(() => expect(line.inits).toHaveLength(2));
      await watched(line);
    },
  );
});
