import { readFile } from 'node:fs/promises';
import type { Browser, Page } from '@playwright/test';
import type { Stampede } from './stampede';
import { expect, test } from './story';

/** An operator at a desk of their own, signed in. */
async function sitsDown(browser: Browser, stampede: Stampede, name: string): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-GB', acceptDownloads: true });
  const page = await context.newPage();
  await page.goto(`${stampede.url}/desk`);
  await page.getByRole('textbox', { name: 'Access token' }).fill(stampede.operator(name));
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
  return page;
}

const numeral = (page: Page, name: string) =>
  page.locator('.numerals > div').filter({ hasText: name }).locator('.numeral');

test('two operators: who comes second is told who was faster, and overwrites nothing', async ({
  browser,
  stampede,
}) => {
  await stampede.schedule(50);
  const mona = await sitsDown(browser, stampede, 'mona');
  const tim = await sitsDown(browser, stampede, 'tim');

  await tim.getByRole('button', { name: 'Restock' }).click();
  await tim.getByRole('textbox', { name: 'Units to add' }).fill('7');
  await expect(tim.getByText('The sale will have 57 units, 57 of them left.')).toBeVisible();
  await mona.getByRole('button', { name: 'Pause' }).click();
  await mona.getByRole('button', { name: 'Pause it' }).click();
  await expect(mona.getByRole('listitem').filter({ hasText: 'mona paused it' })).toBeVisible();

  await tim.getByRole('button', { name: 'Add them' }).click();
  const conflict = tim.getByRole('dialog', { name: 'Somebody was faster' });
  await expect(conflict).toContainText('mona');
  await expect(conflict).toContainText('paused it');
  await conflict.getByRole('button', { name: 'Look again' }).click();
  await expect(numeral(tim, 'Remaining')).toHaveText('50');

  await tim.getByRole('button', { name: 'Restock' }).click();
  await tim.getByRole('textbox', { name: 'Units to add' }).fill('7');
  await tim.getByRole('button', { name: 'Add them' }).click();
  await expect(numeral(tim, 'Remaining')).toHaveText('57');
  await expect(numeral(mona, 'Remaining')).toHaveText('57');
  await expect(mona.getByText('tim restocked it to 57 units')).toBeVisible();
  await mona.context().close();
  await tim.context().close();
});

test('a whole sale, run from the desk', async ({ browser, stampede }) => {
  const page = await sitsDown(browser, stampede, 'mona');
  await page.getByRole('link', { name: 'Schedule a sale' }).click();
  await page.getByRole('button', { name: 'Schedule it' }).click();
  await expect(page.getByText('Please fill this in.')).toHaveCount(2);
  await page.getByRole('textbox', { name: 'Name' }).fill('Borealis lamp');
  await page.getByRole('textbox', { name: 'Stock keeping unit' }).fill('BOREALIS-1');
  await page.getByRole('textbox', { name: 'Price' }).fill('1e3');
  await page.getByRole('textbox', { name: 'Units' }).fill('20');
  await page.getByLabel('Start').fill('2026-01-01T10:00:00');
  await page.getByRole('button', { name: 'Schedule it' }).click();
  await expect(page.getByText('A number with up to 4 digits after the point')).toBeVisible();
  await page.getByRole('textbox', { name: 'Price' }).fill('49.90');
  await page.getByRole('button', { name: 'Schedule it' }).click();

  await expect(page.getByRole('heading', { name: 'Borealis lamp' })).toBeVisible();
  await expect(numeral(page, 'Remaining')).toHaveText('20');
  const sale = page.url().split('/').at(-1) ?? '';
  for (const name of ['Ada', 'Bob', 'Cleo']) {
    expect(await stampede.buyAs(name, sale)).toBe('PurchaseSuccess');
  }
  expect(await stampede.buyAs('Ada', sale)).toBe('AlreadyPurchased');
  await expect(numeral(page, 'Remaining')).toHaveText('17');
  await expect(page.getByRole('row').filter({ hasText: 'this one' })).toBeVisible();

  await page.getByRole('link', { name: 'Purchases' }).click();
  await expect(page.getByText('3 purchases')).toBeVisible();
  await page.getByRole('textbox', { name: 'Search' }).fill('demo:B');
  await expect(page.getByText('1 purchase', { exact: true })).toBeVisible();
  await expect(page.getByRole('cell', { name: 'demo:Bob' })).toBeVisible();
  // What Chromium does without a screen: the picker of a file has nobody to ask.
  await page.evaluate(() => Object.assign(window, { showSaveFilePicker: undefined }));
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Export as CSV' }).click(),
  ]);
  const rows = (await readFile(await download.path(), 'utf8')).trim().split('\r\n');
  expect(rows).toHaveLength(4);
  expect(rows[1]).toMatch(/^1,demo:Ada,/);

  await page.getByRole('link', { name: 'Live' }).click();
  await page.getByRole('button', { name: 'End the sale' }).click();
  const end = page.getByRole('button', { name: 'End it for good' });
  await expect(end).toBeDisabled();
  await page.getByRole('textbox', { name: 'Name of the sale' }).fill('Borealis lamp');
  await end.click();
  await expect(page.getByText('This sale is over.')).toBeVisible();

  await page.getByRole('link', { name: 'Report' }).click();
  await expect(page.getByText('3 of 20 (15%)')).toBeVisible();
  await expect(page.getByText('€149.70')).toBeVisible();
  await expect(page.getByText('mona ended it, with 3 sold')).toBeVisible();
  await page.context().close();
});
