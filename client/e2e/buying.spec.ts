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
