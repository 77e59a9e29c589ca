import { keep } from '../../shared/storage/storage';
import { newKey, wishesOf } from './wish';

describe('the key of a wish', () => {
  it('outlives the tab until it is settled', () => {
    const key = wishesOf(keep, 'sale', 'ada').begin();
    const afterReload = wishesOf(keep, 'sale', 'ada');
    expect(afterReload.pending()).toBe(key);
    expect(afterReload.begin()).toBe(key);
    afterReload.settle();
    expect(afterReload.pending()).toBeNull();
    expect(afterReload.begin()).not.toBe(key);
  });

  it('belongs to one sale and one shopper', () => {
    wishesOf(keep, 'sale', 'ada').begin();
    expect(wishesOf(keep, 'sale', 'bob').pending()).toBeNull();
    expect(wishesOf(keep, 'next', 'ada').pending()).toBeNull();
  });

  it('is not taken up after ten minutes: nothing is bought unasked', () => {
    wishesOf(keep, 'sale', 'ada', () => 0).begin();
    expect(wishesOf(keep, 'sale', 'ada', () => 599_999).pending()).not.toBeNull();
    expect(wishesOf(keep, 'sale', 'ada', () => 600_000).pending()).toBeNull();
  });

  it('fits the contract', () => {
    expect(newKey()).toMatch(/^[0-9a-f]{32}$/);
    expect(newKey()).not.toBe(newKey());
  });
});
