import { expect, Shopper, test } from './story';

test('two side by side: one buys, the other sees the stock fall', async ({ stampede }) => {
  await stampede.schedule(100);
  const ada = await Shopper.arrives(stampede, 'Ada');
  const bob = await Shopper.arrives(stampede, 'Bob');
  await bob.reads('100 of 100 left');
  // A mark in the window is gone after a reload: the stock must fall without one.
  await bob.page.evaluate(() => Object.assign(window, { sameVisit: true }));

  await ada.buys();
  await ada.reads('It’s yours.');
  await ada.reads('You are number 1 of 100.');
  await bob.reads('99 of 100 left');
  expect(await bob.page.evaluate(() => 'sameVisit' in window)).toBe(true);

  await ada.leaves();
  await bob.leaves();
});

test('a purchase is still there after a reload', async ({ stampede }) => {
  await stampede.schedule(100);
  const cleo = await Shopper.arrives(stampede, 'Cleo');
  await cleo.buys();
  await cleo.page.reload();
  await cleo.sees('bought');
  await cleo.reads('You are number 1 of 100.');
  await cleo.reads('Bought earlier');
  await cleo.leaves();
});

test('the same name in a second browser has already bought', async ({ stampede }) => {
  const sale = await stampede.schedule(100);
  const first = await Shopper.arrives(stampede, 'Dora');
  const second = await Shopper.arrives(stampede, 'Dora');
  await second.sees('active');
  // The second browser hears nothing of it until it asks.
  expect(await stampede.buyAs('Dora', sale)).toBe('PurchaseSuccess');
  await second.buys();
  await second.reads('Bought earlier');
  await first.page.reload();
  await first.reads('You are number 1 of 100.');
  await first.leaves();
  await second.leaves();
});
