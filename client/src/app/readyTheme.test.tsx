import { cleanup } from '@testing-library/react';
import { theme } from '../shared/ui/theme';
import { aReceipt, aSale, instant } from '../testing/sales';
import { openShop, truth } from '../testing/shop';
import { readyTheme } from './readyTheme';

const ready = { ...readyTheme };
const product = { ...aSale().product, description: 'A light like the last hour.' };
const soon = instant(Date.now() + 60_000);
const shopper = 'ada';

afterEach(() => dress(ready));

it.each([
  ['upcoming', { sale: aSale({ phase: 'UPCOMING', startsAt: soon, product }), shopper }],
  ['active', { sale: aSale({ product }), shopper }],
  ['active', { sale: aSale({ remaining: 2, sold: 98 }), shopper }],
  ['active', { sale: aSale() }],
  ['bought', { sale: aSale({ viewerPurchase: aReceipt() }), shopper }],
  ['soldOut', { sale: aSale({ phase: 'SOLD_OUT' }), shopper }],
  ['paused', { sale: aSale({ phase: 'PAUSED' }), shopper }],
  ['ended', { sale: aSale({ phase: 'ENDED' }), shopper }],
  ['none', { sale: null }],
])('%s: looks as with all that createTheme makes', async (kind, arrange) => {
  const looks = await looksIn(ready);
  expect(looks).not.toEqual([]);
  expect(looks).toEqual(await looksIn(theme));

  async function looksIn(worn: object) {
    dress(worn);
    openShop(arrange);
    await truth(kind);
    // Emotion names a class by all that it says, for a part that is hovered or focused, too.
    const looks = [...document.body.querySelectorAll('*')].map((part) =>
      ['class', 'style'].map((name) => part.getAttribute(name)),
    );
    cleanup();
    return looks;
  }
});

/** The page takes what stands in its theme each time that it opens. */
function dress(worn: object) {
  for (const name of Object.keys(readyTheme)) Reflect.deleteProperty(readyTheme, name);
  Object.assign(readyTheme, worn);
}
