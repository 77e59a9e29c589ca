import { screen, waitFor, within } from '@testing-library/react';
import { HttpResponse } from 'msw';
import { keep } from '../../shared/storage/storage';
import { aReceipt, aSale, instant, live, liveOf } from '../../testing/sales';
import { openShop, truth, watched } from '../../testing/shop';
import { ShopCache } from '../cache';

const buyButton = () => screen.getByRole('button', { name: /Buy now/ });
/** Every value that an attribute takes from now on. */
function attributesOf(element: Element, name: string) {
  const values: (string | null)[] = [];
  const note = () => values.push(element.getAttribute(name));
  new MutationObserver(note).observe(element, { attributeFilter: [name] });
  return values;
}
const success = (sale = live()) =>
  ({
    __typename: 'PurchaseSuccess',
    purchase: { ...aReceipt(), sale },
  }) as const;
const tryAgain = (code: 'BUSY' | 'OUTCOME_UNKNOWN', retryAfterMs: number) =>
  ({ __typename: 'TryAgain', code, retryAfterMs }) as const;

describe('what each state says', () => {
  it('upcoming: the countdown, when, how many, and a button that waits', async () => {
    const opens = Date.now() + 90_000;
    openShop({ sale: aSale({ phase: 'UPCOMING', startsAt: instant(opens) }), shopper: 'ada' });
    const block = await truth('upcoming');
    expect(within(block).getByRole('timer')).toHaveTextContent(/^01:[23]\d$/);
    expect(block).toHaveTextContent(/Opens at .* · 100 units, one each/);
    expect(buyButton()).toHaveAttribute('aria-disabled', 'true');
  });

  it('active: product, price, stock and a button', async () => {
    openShop({ sale: aSale(), shopper: 'ada' });
    const block = await truth('active');
    expect(screen.getByRole('heading', { name: 'Aurora lamp' })).toBeInTheDocument();
    expect(block).toHaveTextContent('37 of 100 left');
    expect(within(block).getByRole('meter')).toHaveAttribute('aria-valuenow', '37');
    expect(buyButton()).toHaveTextContent('Buy now · €49.90');
  });

  it.each([
    ['PAUSED', 'paused', 'On hold for a moment.Nothing is lost.'],
    ['SOLD_OUT', 'soldOut', 'Sold out.100 units found their owners. Thank you for coming.'],
    ['ENDED', 'ended', 'This sale is over.'],
  ] as const)('%s', async (phase, kind, words) => {
    openShop({ sale: aSale({ phase }), shopper: 'ada' });
    expect(await truth(kind)).toHaveTextContent(words);
  });

  it('ended: what to wait for, in words that stand alone', async () => {
    openShop({ sale: aSale({ phase: 'ENDED' }), shopper: 'ada' });
    expect(await truth('ended')).toHaveTextContent(
      'When something is on sale, this page will know.',
    );
  });

  it('bought earlier: the receipt', async () => {
    openShop({ sale: aSale({ viewerPurchase: aReceipt() }), shopper: 'ada' });
    const block = await truth('bought');
    expect(block).toHaveTextContent('It’s yours.You are number 37 of 100.');
    expect(block).toHaveTextContent('Bought earlier, at');
    expect(screen.getByRole('button', { name: 'Print' })).toBeInTheDocument();
  });

  it('no sale at all', async () => {
    openShop({ sale: null });
    expect(await truth('none')).toHaveTextContent('Nothing is on sale right now.');
  });

  it('server away: says so, and asks again by itself', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const answer = vi.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('no network'));
    const { shop } = openShop({ sale: aSale() });
    expect(await truth('away')).toHaveTextContent('We can’t reach the shop. Trying again.');
    answer.mockRestore();
    await truth('active');
    expect(shop.queries).toBeGreaterThan(0);
  });

  it('signed out, not a demo: sends to the shop', async () => {
    openShop({ sale: aSale(), demoSignIn: false });
    expect(await truth('active')).toHaveTextContent('Sign in with the shop to buy.');
    expect(screen.queryByRole('textbox')).not.toBeInTheDocument();
    expect(screen.queryByRole('link', { name: 'Sign in' })).not.toBeInTheDocument();
  });

  it('signed out, and the shop has said where one signs in: leads there', async () => {
    openShop({ sale: aSale(), demoSignIn: false, signInUrl: '/login' });
    expect(await truth('active')).toHaveTextContent('Sign in with the shop to buy.');
    expect(screen.getByRole('link', { name: 'Sign in' })).toHaveAttribute('href', '/login');
  });
});

describe('what stands in the page', () => {
  const first = (change: Parameters<typeof aSale>[0] = {}) => ({
    saleStatus: aSale(change),
    viewer: null,
  });

  it('is shown at once, and to somebody anonymous without a question', async () => {
    const { shop, line } = openShop({ sale: null, first: first() });
    const block = screen.getByRole('region', { name: 'The sale' });
    expect(block).toHaveAttribute('data-state', 'active');
    expect(block).toHaveTextContent('37 of 100 left');
    await watched(line);
    expect(shop.queries).toBe(0);
  });

  it('is no verdict for a shopper who may have bought', async () => {
    const sold = { phase: 'SOLD_OUT', remaining: 0, sold: 100 } as const;
    openShop({
      sale: aSale({ ...sold, viewerPurchase: aReceipt() }),
      shopper: 'ada',
      first: first(sold),
    });
    const block = screen.getByRole('region', { name: 'The sale' });
    expect(block).toHaveAttribute('data-state', 'loading');
    expect(await truth('bought')).toHaveTextContent('It’s yours.');
  });
});

describe('live', () => {
  it('follows the stock, and nothing older than what it knows', async () => {
    const sale = aSale();
    const { line } = openShop({ sale, shopper: 'ada' });
    const block = await truth('active');
    await watched(line);
    line.say({ ...liveOf(sale), sold: 90, remaining: 10, revision: 12 });
    await waitFor(() => expect(block).toHaveTextContent('10 of 100 left'));
    const shown = attributesOf(within(block).getByRole('meter'), 'aria-valuenow');
    const written = vi.spyOn(ShopCache.prototype, 'write');
    line.say({ ...liveOf(sale), sold: 80, remaining: 20, revision: 11 });
    await waitFor(() => expect(written).toHaveBeenCalled());
    line.say({ ...liveOf(sale), sold: 91, remaining: 9, revision: 13 });
    await waitFor(() => expect(block).toHaveTextContent('9 of 100 left'));
    expect(shown).toEqual(['9']);
  });

  it('asks what it missed when the line comes back', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const { shop, line } = openShop({ sale: aSale(), shopper: 'ada' });
    await truth('active');
    await watched(line);
    shop.sale = aSale({ sold: 99, remaining: 1, revision: 50, viewerPurchase: aReceipt() });
    line.drop();
    expect(await truth('bought')).toHaveTextContent('It’s yours.');
  });

  it('says since when it has no connection', async () => {
    const { line } = openShop({ sale: aSale(), shopper: 'ada' });
    const block = await truth('active');
    await waitFor(() => expect(block).toHaveTextContent('Live'));
    line.accept = false;
    line.drop();
    await waitFor(() => expect(block).toHaveTextContent(/No connection\. Last seen \d/));
  });
});

describe('buying', () => {
  it('is pending until the server has said so, then shows the number', async () => {
    const { shop, user } = openShop({ sale: aSale(), shopper: 'ada' });
    await truth('active');
    let answer: (response: Response) => void = () => undefined;
    const held = new Promise<Response>((resolve) => (answer = resolve));
    shop.answers.push(() => held as unknown as Response);
    await user.click(buyButton());
    expect(await truth('buying')).toHaveTextContent('Keep this page open.');
    answer(HttpResponse.json({ data: { purchase: success() } }));
    const block = await truth('bought');
    expect(block).toHaveTextContent('You are number 37 of 100.');
    expect(block).toHaveTextContent(/Bought at/);
  });

  it('already bought: the receipt of then', async () => {
    const { shop, user } = openShop({ sale: aSale(), shopper: 'ada' });
    shop.answers.push({ ...success(), __typename: 'AlreadyPurchased' });
    await truth('active');
    await user.click(buyButton());
    expect(await truth('bought')).toHaveTextContent('Bought earlier');
  });

  it('busy: says so, and tries again by itself with the same key', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const { shop, user } = openShop({ sale: aSale(), shopper: 'ada' });
    shop.answers.push(tryAgain('BUSY', 300), success());
    await truth('active');
    await user.click(buyButton());
    expect(await truth('busy')).toHaveTextContent('A big crowd. Trying again by itself in 1 s.');
    await truth('bought');
    expect(shop.keys).toHaveLength(2);
    expect(shop.keys[0]).toBe(shop.keys[1]);
  });

  it('a lost answer: finds out with the same key', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const { shop, user } = openShop({ sale: aSale(), shopper: 'ada' });
    shop.answers.push(() => HttpResponse.error(), tryAgain('OUTCOME_UNKNOWN', 50), success());
    await truth('active');
    await user.click(buyButton());
    expect(await truth('unknown')).toHaveTextContent('Finding out whether it went through…');
    await truth('bought');
    expect(new Set(shop.keys).size).toBe(1);
    expect(shop.keys).toHaveLength(3);
  });

  it('after a reload in the middle it goes on finding out with the kept key', async () => {
    keep.set('stampede.wish.sale-1.ada', `kept-key ${Date.now()}`);
    const { shop } = openShop({ sale: aSale(), shopper: 'ada' });
    shop.answers.push(success());
    await truth('bought');
    expect(shop.keys).toEqual(['kept-key']);
    await waitFor(() => expect(keep.get('stampede.wish.sale-1.ada')).toBeNull());
  });

  it('sold out a moment before: says so and forgets the key', async () => {
    const { shop, user } = openShop({ sale: aSale(), shopper: 'ada' });
    const sale = { ...live('SOLD_OUT'), sold: 100, remaining: 0, revision: 90 };
    shop.answers.push({ __typename: 'SoldOut', sale });
    await truth('active');
    await user.click(buyButton());
    await truth('soldOut');
    await waitFor(() => expect(keep.get('stampede.wish.sale-1.ada')).toBeNull());
  });

  it('a token refused in the middle: signed out, and the key waits for the shopper', async () => {
    const { shop, user } = openShop({ sale: aSale(), shopper: 'ada' });
    shop.answers.push(() =>
      HttpResponse.json({
        data: null,
        errors: [{ message: 'no', extensions: { code: 'UNAUTHENTICATED' } }],
      }),
    );
    await truth('active');
    await user.click(buyButton());
    expect(await screen.findByRole('textbox', { name: 'Your name' })).toBeInTheDocument();
    expect(keep.get('stampede.token')).toBeNull();
    expect(keep.get('stampede.wish.sale-1.ada')).not.toBeNull();
  });
});

describe('signing in and out', () => {
  it('by one field and one button; the line carries the token', async () => {
    const { line, user } = openShop({ sale: aSale() });
    await truth('active');
    await watched(line);
    await user.type(screen.getByRole('textbox', { name: 'Your name' }), 'Ada{Enter}');
    await waitFor(() => expect(buyButton()).toHaveAttribute('aria-disabled', 'false'));
    await waitFor(() => expect(line.inits).toEqual([{}, { Authorization: 'Bearer Ada' }]));
  });

  it('another tab of theirs has bought: this one asks, and tells', async () => {
    const { shop } = openShop({ sale: aSale(), shopper: 'ada' });
    await truth('active');
    shop.sale = aSale({ viewerPurchase: aReceipt() });
    const key = 'stampede.wish.sale-1.ada';
    window.dispatchEvent(new StorageEvent('storage', { key, newValue: null }));
    expect(await truth('bought')).toHaveTextContent('Bought earlier');
  });

  it('out: what was theirs is gone from the page', async () => {
    const { shop, user } = openShop({
      sale: aSale({ viewerPurchase: aReceipt() }),
      shopper: 'ada',
    });
    await truth('bought');
    shop.sale = aSale();
    await user.click(screen.getByRole('button', { name: 'Sign out' }));
    await truth('active');
    expect(screen.getByRole('textbox', { name: 'Your name' })).toBeInTheDocument();
    const language = screen.getByRole('combobox', { name: 'Language' });
    await waitFor(() => expect(language).toHaveFocus());
  });

  it('speaks German when asked, and remembers', async () => {
    const { user } = openShop({ sale: aSale(), shopper: 'ada' });
    await truth('active');
    const language = screen.getByRole('combobox', { name: 'Language' });
    await user.selectOptions(language, 'de');
    expect(await screen.findByRole('button', { name: /Jetzt kaufen/ })).toBeInTheDocument();
    expect(document.documentElement.lang).toBe('de');
    expect(keep.get('stampede.language')).toBe('de');
    await user.selectOptions(screen.getByRole('combobox'), 'en');
  });
});
