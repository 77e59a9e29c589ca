import { expect, test } from './story';

test('an upcoming sale opens by itself', async ({ stampede, arrives }) => {
  const sale = await stampede.schedule(100, 5 * 60_000);
  const ada = await arrives('Ada');
  await ada.sees('upcoming');
  await ada.reads('100 units, one each');
  await expect(ada.buyButton).toHaveAttribute('aria-disabled', 'true');
  const before = await ada.truth.boundingBox();

  await stampede.opensIn(sale, 5000);
  await expect(ada.page.getByRole('timer')).toHaveText(/^00:0\d$/);
  await ada.sees('active');
  expect(await ada.truth.boundingBox()).toEqual(before);
  await ada.buys();
  expect(await ada.truth.boundingBox()).toEqual(before);
});

test('sold out while looking; a restock brings it back', async ({ stampede, arrives }) => {
  const sale = await stampede.schedule(1);
  const bob = await arrives('Bob');
  await bob.sees('active');
  expect(await stampede.buyAs('Eve', sale)).toBe('PurchaseSuccess');
  await bob.sees('soldOut');
  await bob.reads('Sold out.');
  await bob.reads('If more arrive, this page will know.');

  await stampede.restock(sale, 5);
  await bob.reads('5 of 6 left');
  await bob.buys();
  await bob.reads('You are number 2 of 6.');
});

test('paused, resumed and ended are seen live', async ({ stampede, arrives }) => {
  const sale = await stampede.schedule(100);
  const bob = await arrives('Bob');
  await bob.sees('active');
  await stampede.pause(sale);
  await bob.sees('paused');
  await bob.reads('Nothing is lost.');
  await expect(bob.buyButton).toHaveAttribute('aria-disabled', 'true');
  await stampede.resume(sale);
  await bob.sees('active');
  await stampede.end(sale);
  await bob.sees('ended');
  await bob.reads('This sale is over.');
});
