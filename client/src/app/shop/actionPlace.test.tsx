import { fireEvent, screen, waitFor } from '@testing-library/react';
import { aReceipt, aSale, instant, live, liveOf } from '../../testing/sales';
import { holdTime, openShop, truth, watched } from '../../testing/shop';

// Where one control gives way to another: what was meant for the first does not reach the second, and the focus stays.

const success = {
  __typename: 'PurchaseSuccess',
  purchase: { ...aReceipt(), sale: live() },
} as const;
const buyButton = () => screen.getByRole('button', { name: /Buy now/ });
const ready = (button: () => HTMLElement) =>
  waitFor(() => expect(button()).toHaveAttribute('aria-disabled', 'false'));

async function withReceipt() {
  const print = vi.fn();
  vi.stubGlobal('print', print);
  const { shop, user } = openShop({ sale: aSale(), shopper: 'ada' });
  shop.answers.push(success);
  await truth('active');
  buyButton().focus();
  await user.keyboard('{Enter}');
  await truth('bought');
  return { shop, print, printButton: () => screen.getByRole('button', { name: 'Print' }) };
}

describe('a press', () => {
  it('too many on "Buy now" is none on "Print"', async () => {
    const { print, printButton } = await withReceipt();
    fireEvent.click(printButton());
    expect(printButton()).toHaveAttribute('aria-disabled', 'true');
    await ready(printButton);
    expect(print).not.toHaveBeenCalled();
    fireEvent.click(printButton());
    expect(print).toHaveBeenCalledOnce();
  });

  it('too many on "Sign in" is none on "Buy now"', async () => {
    const { shop, user } = openShop({ sale: aSale() });
    shop.answers.push(success);
    await truth('active');
    await user.type(screen.getByRole('textbox', { name: 'Your name' }), 'Ada');
    fireEvent.click(screen.getByRole('button', { name: 'Sign in' }));
    await waitFor(buyButton);
    await waitFor(() => expect(shop.queries).toBe(2));
    fireEvent.click(buyButton());
    await ready(buyButton);
    expect(shop.keys).toEqual([]);
    fireEvent.click(buyButton());
    await truth('bought');
  });

  it('by a key held down is one', async () => {
    openShop({ sale: aSale(), shopper: 'ada' });
    await truth('active');
    const allowed = (repeat: boolean) => fireEvent.keyDown(buyButton(), { key: 'Enter', repeat });
    expect([allowed(false), allowed(true)]).toEqual([true, false]);
  });

  it('on the button that opens is taken at once', async () => {
    const goOn = holdTime();
    const sale = aSale({ phase: 'UPCOMING', startsAt: instant(Date.now() + 400) });
    const { shop } = openShop({ sale, shopper: 'ada' });
    shop.answers.push(success);
    await truth('upcoming');
    goOn();
    await truth('active');
    fireEvent.click(buyButton());
    await truth('bought');
  });
});

describe('the focus', () => {
  it('goes from "Buy now" to "Print"', async () => {
    const { printButton } = await withReceipt();
    await waitFor(() => expect(printButton()).toHaveFocus());
  });

  it('goes from the name to "Buy now"', async () => {
    const { user } = openShop({ sale: aSale() });
    await truth('active');
    await user.type(screen.getByRole('textbox', { name: 'Your name' }), 'Ada{Enter}');
    await ready(buyButton);
    await waitFor(() => expect(buyButton()).toHaveFocus());
  });

  it('goes to the words where no button is left', async () => {
    const sale = aSale();
    const { line } = openShop({ sale, shopper: 'ada' });
    await truth('active');
    await watched(line);
    buyButton().focus();
    line.say({ ...liveOf(sale), phase: 'SOLD_OUT', sold: 100, remaining: 0, revision: 20 });
    await truth('soldOut');
    await waitFor(() => expect(screen.getByRole('heading', { name: 'Sold out.' })).toHaveFocus());
  });

  it('of somebody elsewhere stays there', async () => {
    const sale = aSale();
    const { line } = openShop({ sale, shopper: 'ada' });
    await truth('active');
    await watched(line);
    buyButton().focus();
    const language = screen.getByRole('combobox', { name: 'Language' });
    language.focus();
    line.say({ ...liveOf(sale), phase: 'SOLD_OUT', sold: 100, remaining: 0, revision: 20 });
    await truth('soldOut');
    expect(language).toHaveFocus();
  });
});

it('a crowd is told of once, however often the page tries again', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0);
  const busy = { __typename: 'TryAgain', code: 'BUSY', retryAfterMs: 50 } as const;
  const { shop, user } = openShop({ sale: aSale(), shopper: 'ada' });
  shop.answers.push(busy, busy, busy, success);
  await truth('active');
  const region = screen.getAllByRole('status').find((one) => one.hasAttribute('aria-live'));
  const said: (string | null)[] = [];
  new MutationObserver(() => said.push(region?.textContent ?? null)).observe(region as Element, {
    subtree: true,
    childList: true,
    characterData: true,
  });
  await user.click(buyButton());
  await truth('bought');
  await waitFor(() => expect(said.at(-1)).toMatch(/^It’s yours/));
  expect(shop.keys).toHaveLength(4);
  expect(said.slice(0, -1)).toEqual(['Buying…', 'A big crowd. Trying again by itself.']);
});
