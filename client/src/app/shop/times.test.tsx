import { screen, waitFor } from '@testing-library/react';
import { aSale, instant, liveOf } from '../../testing/sales';
import { holdTime, openShop, truth, watched } from '../../testing/shop';

// What the page says about time is true, or it is not said.

const DAY_MS = 86_400_000;
const sale = aSale();
const gone = {
  ...liveOf(sale),
  phase: 'SOLD_OUT',
  sold: 100,
  remaining: 0,
  revision: 20,
  serverTime: instant(Date.parse(sale.startsAt) + 64_200),
} as const;

it('opens at its moment though no event comes', async () => {
  const goOn = holdTime();
  const startsAt = instant(Date.now() + 400);
  openShop({ sale: aSale({ phase: 'UPCOMING', startsAt }), shopper: 'ada' });
  await truth('upcoming');
  goOn();
  await truth('active');
  const button = screen.getByRole('button', { name: /Buy now/ });
  expect(button).toHaveAttribute('aria-disabled', 'false');
});

describe('until when it is open', () => {
  it('names the day when that is another one', async () => {
    openShop({ sale: aSale({ endsAt: instant(Date.now() + 3 * DAY_MS) }), shopper: 'ada' });
    expect(await truth('active')).toHaveTextContent(/Open until \w{3},? \w+ \w+ at \d/);
  });

  it('names the time alone on the same day', async () => {
    openShop({
      sale: aSale({ endsAt: instant(new Date().setHours(23, 59, 59, 999)) }),
      shopper: 'ada',
    });
    expect(await truth('active')).toHaveTextContent(/Open until \d[^a-z]*(am|pm)?\./i);
  });
});

describe('how long the stock lasted', () => {
  it('sold out while looking says how long it took; a restock brings it back', async () => {
    const { line } = openShop({ sale, shopper: 'ada' });
    await truth('active');
    await watched(line);
    line.say(gone);
    expect(await truth('soldOut')).toHaveTextContent('100 units in 1 minute.');
    line.say({ ...liveOf(sale), stock: 110, sold: 100, remaining: 10, revision: 21 });
    expect(await truth('active')).toHaveTextContent('10 of 110 left');
  });

  it.each([
    ['the answer', (shop: { sale: unknown }) => (shop.sale = { ...sale, ...gone })],
    ['the news', () => undefined],
  ])('is not said when the line broke in between, whether %s tells of it', async (_, tell) => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const { shop, line } = openShop({ sale, shopper: 'ada' });
    await truth('active');
    await watched(line);
    const hang = () => new Promise<Response>(() => undefined);
    if (tell(shop) === undefined) shop.troubles.push(hang);
    line.drop();
    await waitFor(() => expect(line.inits).toHaveLength(2));
    await watched(line);
    line.say(gone);
    const block = await truth('soldOut');
    expect(block).toHaveTextContent('100 units found their owners.');
  });

  it('is said when the line broke before, and the stock was seen after it', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const { line } = openShop({ sale, shopper: 'ada' });
    const block = await truth('active');
    await watched(line);
    line.drop();
    await waitFor(() => expect(line.inits).toHaveLength(2));
    await watched(line);
    line.say({
      ...liveOf(sale),
      sold: 99,
      remaining: 1,
      revision: 19,
      serverTime: instant(Date.now()),
    });
    await waitFor(() => expect(block).toHaveTextContent('1 of 100 left'));
    line.say(gone);
    expect(await truth('soldOut')).toHaveTextContent('100 units in 1 minute.');
  });
});
