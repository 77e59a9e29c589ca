import { mkdirSync } from 'node:fs';
import type { Browser, Page } from '@playwright/test';
import { expect, numeral, test } from '../e2e/desk';
import { Crowd } from './crowd';
import { file } from './looks';

// The picture that opens the README: one sale, seen by a shopper in three moments and by an operator in its middle.

const PHONE = { width: 360, height: 804 };
const DESK = { width: 860, height: 704 };
const STOCK = 4800;
const OPENS_IN_MS = 14_000;
const RUSH_MS = 62_000;

test('the picture that opens the README', async ({ browser, stampede, arrives, sitsDown }) => {
  test.setTimeout(180_000);
  const looks = { deviceScaleFactor: 2, reducedMotion: 'reduce' } as const;
  const sale = await stampede.schedule(STOCK, OPENS_IN_MS, {
    description: 'A shade of hand-blown glass, and a light like the last hour of the day.',
  });
  const crowd = new Crowd(stampede, sale);
  await crowd.watches(240);
  const desk = await sitsDown('mona', { viewport: DESK, ...looks });
  const ada = await arrives('Ada', { viewport: PHONE, ...looks });
  await ada.sees('upcoming');
  await desk.reload(); // with its typeface at hand
  const waits = await shoot(ada.page);

  await expect(ada.buyButton).toHaveAttribute('aria-disabled', 'false', { timeout: OPENS_IN_MS });
  const rush = crowd.rushes(130, RUSH_MS);
  await expect(numeral(desk, 'Sold')).toHaveText(/^(1,[4-9]|[2-9],\d)\d\d$/, { timeout: RUSH_MS });
  await ada.page.emulateMedia({ colorScheme: 'dark' });
  const buys = await shoot(ada.page);
  await ada.buys();
  await ada.page.emulateMedia({ colorScheme: 'light' });
  const owns = await shoot(ada.page);

  await expect(numeral(desk, 'Sold')).toHaveText(/^(3,[1-9]|[4-9],\d)\d\d$/, { timeout: RUSH_MS });
  const runs = await shoot(desk);
  await rush;
  crowd.leaves();
  await compose(browser, [waits, buys, owns], runs);
});

async function shoot(page: Page): Promise<string> {
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
  const picture = await page.screenshot({ animations: 'disabled', caret: 'hide' });
  return `data:image/png;base64,${picture.toString('base64')}`;
}

/** Twice as fine as the README shows it. */
async function compose(browser: Browser, phones: string[], desk: string): Promise<void> {
  const page = await browser.newPage({
    viewport: { width: 900, height: 376 },
    deviceScaleFactor: 2,
  });
  const pictures = phones.map((phone) => `<img class="phone" src="${phone}">`);
  await page.setContent(`<style>
    body { margin: 0; height: 100vh; display: flex; gap: 14px; align-items: center; justify-content: center; background: #e9e8e1; }
    img { display: block; border: 1px solid #14161a26; }
    .phone { width: 146px; border-radius: 14px; }
    .desk { width: 398px; border-radius: 10px; }
  </style>${pictures.join('')}<img class="desk" src="${desk}">`);
  mkdirSync(file('../../docs/screens'), { recursive: true });
  await page.screenshot({ path: file('../../docs/screens/stampede.png') });
  await page.close();
}
