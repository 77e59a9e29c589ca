import type { Locator, Page } from '@playwright/test';
import { expect, test } from './story';

test('two side by side: one buys, the other sees the stock fall', async ({ stampede, arrives }) => {
  await stampede.schedule(100);
  const ada = await arrives('Ada');
  const bob = await arrives('Bob');
  await bob.reads('100 of 100 left');
  // A mark in the window is gone after a reload: the stock must fall without one.
  await bob.page.evaluate(() => Object.assign(window, { sameVisit: true }));

  await ada.buys();
  await ada.reads('It’s yours.');
  await ada.reads('You are number 1 of 100.');
  await bob.reads('99 of 100 left');
  expect(await bob.page.evaluate(() => 'sameVisit' in window)).toBe(true);
});

test('a purchase is still there after a reload', async ({ stampede, arrives }) => {
  await stampede.schedule(100);
  const cleo = await arrives('Cleo');
  await cleo.buys();
  await cleo.page.reload();
  await cleo.sees('bought');
  await cleo.reads('You are number 1 of 100.');
  await cleo.reads('Bought earlier');
});

test('the same name in a second browser has already bought', async ({
  stampede,
  opens,
  arrives,
}) => {
  const sale = await stampede.schedule(100);
  const first = await arrives('Dora');
  const second = await opens();
  await second.isToldOfNoPurchase();
  await second.signIn('Dora');
  await second.sees('active');
  expect(await stampede.buyAs('Dora', sale)).toBe('PurchaseSuccess');
  await second.buys();
  await second.reads('Bought earlier');
  await first.page.reload();
  await first.reads('You are number 1 of 100.');
});

test('one press too many, or twenty: one unit, and nothing is printed', async ({
  stampede,
  opens,
}) => {
  await stampede.schedule(100);
  const ada = await opens({}, (context) => context.clock.install());
  await ada.signIn('Ada');
  await ada.page.evaluate(() => {
    const printed: number[] = [];
    Object.assign(window, { printed, print: () => printed.push(Date.now()) });
  });
  const printed = () =>
    ada.page.evaluate(() => (window as unknown as { printed: number[] }).printed.length);
  await expect(ada.buyButton).toHaveAttribute('aria-disabled', 'false');
  const place = await middleOf(ada.buyButton);
  const print = ada.page.getByRole('button', { name: 'Print' });
  await stopTheClock(ada.page);
  for (let pressed = 0; pressed < 20 || !(await print.isVisible()); pressed++) {
    await ada.page.mouse.click(...place);
    await ada.page.clock.runFor(400);
  }
  await ada.page.mouse.click(...place);
  await ada.reads('You are number 1 of 100.');
  await ada.page.clock.resume();
  await expect(print).toHaveAttribute('aria-disabled', 'false');
  expect(await printed()).toBe(0);
  await print.click();
  expect(await printed()).toBe(1);
});

test('a slow double click on "Sign in" buys nothing', async ({ stampede, opens }) => {
  await stampede.schedule(100);
  const ada = await opens({}, (context) => context.clock.install());
  let purchases = 0;
  ada.page.on('request', (request) => {
    if (request.postData()?.includes('mutation Buy')) purchases++;
  });
  await ada.page.getByRole('textbox', { name: 'Your name' }).fill('Ada');
  const place = await middleOf(ada.page.getByRole('button', { name: 'Sign in' }));
  // The answer to the question who Ada is: from here on the button could be pressed.
  const known = ada.page.waitForResponse(
    (response) => response.request().postData()?.includes('query SaleStatus') ?? false,
  );
  await stopTheClock(ada.page);
  await ada.page.mouse.click(...place);
  await known;
  await expect(ada.buyButton).toBeVisible();
  await ada.page.clock.runFor(400);
  await ada.page.mouse.click(...place);
  await ada.page.clock.resume();
  await expect(ada.buyButton).toHaveAttribute('aria-disabled', 'false');
  await ada.sees('active');
  expect(purchases).toBe(0);
});

/**
 * From here on the page's time goes by as the story says. The machine may be busy between two presses for longer than the
 * page ignores them.
 */
const stopTheClock = (page: Page) => page.clock.pauseAt(Date.now() + 1000);

/** Where the finger is, whatever comes to stand there. */
async function middleOf(button: Locator): Promise<[number, number]> {
  const box = await button.boundingBox();
  if (!box) throw new Error('nothing to press');
  return [box.x + box.width / 2, box.y + box.height / 2];
}
