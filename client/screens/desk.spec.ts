import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import type { Stampede } from '../e2e/stampede';
import { test } from '../e2e/story';

// The desk's pictures: `make screens` takes them beside the shopper's.

const out = (name: string) => fileURLToPath(new URL(`out/desk-${name}.png`, import.meta.url));
const looks = {
  'desktop-light-en': { width: 1366, height: 900, scheme: 'light', language: 'en' },
  'desktop-dark-de': { width: 1366, height: 900, scheme: 'dark', language: 'de' },
  'desktop-light-ar': { width: 1366, height: 900, scheme: 'light', language: 'ar' },
  'phone-light-en': { width: 390, height: 844, scheme: 'light', language: 'en' },
  'phone-dark-ar': { width: 390, height: 844, scheme: 'dark', language: 'ar' },
} as const;

async function sell(stampede: Stampede): Promise<string> {
  const sale = await stampede.schedule(60);
  for (let i = 1; i <= 33; i++) await stampede.buyAs(`Guest ${i}`, sale);
  await stampede.pause(sale);
  await stampede.resume(sale);
  await stampede.restock(sale, 20);
  for (let i = 30; i <= 52; i++) await stampede.buyAs(`Guest ${i}`, sale);
  return sale;
}

async function signIn(page: Page, stampede: Stampede): Promise<void> {
  await page.goto(`${stampede.url}/desk`);
  await page.locator('textarea.token').first().fill(stampede.operator('mona'));
  await page.locator('form button').click();
  await page.locator('.numerals').waitFor();
  await page.locator('tbody tr').first().waitFor();
}

for (const [name, look] of Object.entries(looks)) {
  test(`the desk, ${name}`, async ({ browser, stampede }) => {
    const sale = await sell(stampede);
    const context = await browser.newContext({
      viewport: { width: look.width, height: look.height },
      colorScheme: look.scheme,
      locale: look.language === 'en' ? 'en-GB' : look.language,
      deviceScaleFactor: 1,
    });
    const page = await context.newPage();
    const shoot = (part: string) =>
      page.screenshot({ path: out(`${part}-${name}`), animations: 'disabled', fullPage: true });
    await page.goto(`${stampede.url}/desk`);
    await page.locator('form').waitFor();
    await shoot('sign-in');
    await signIn(page, stampede);
    await stampede.buyAs('Late guest', sale);
    await page.waitForFunction(
      () => !(document.querySelector('.numerals')?.textContent ?? '–').includes('–'),
    );
    await shoot('live');
    await page.locator('.controls .apart').click();
    await page.screenshot({ path: out(`end-${name}`), animations: 'disabled' });
    await page.keyboard.press('Escape');
    await page.goto(`${stampede.url}/desk/sales/${sale}/purchases`);
    await page.locator('tbody tr').first().waitFor();
    await shoot('purchases');
    await page.goto(`${stampede.url}/desk/sales/${sale}/report`);
    await page.locator('.lines').waitFor();
    await shoot('report');
    await page.goto(`${stampede.url}/desk/new`);
    await page.locator('.plan').waitFor();
    await shoot('schedule');
    await context.close();
  });
}
