import type { Page } from '@playwright/test';
import { expect, test } from './story';

/** What the page must not do: ask a stranger, or be refused by its own policy. */
function watch(page: Page, origin: string): string[] {
  const wrong: string[] = [];
  page.on('request', (request) => {
    const { protocol, origin: to } = new URL(request.url());
    if (to !== origin && protocol !== 'data:' && protocol !== 'blob:') wrong.push(request.url());
  });
  page.on('console', (message) => {
    if (/Content.Security.Policy/i.test(message.text())) wrong.push(message.text());
  });
  page.on('pageerror', (error) => wrong.push(error.message));
  return wrong;
}

test('the playground works by itself: a query, then a subscription', async ({ page, stampede }) => {
  const sale = await stampede.schedule(42);
  const wrong = watch(page, stampede.url);
  const result = page.locator('.result-window');
  const execute = page.getByRole('button', { name: /^Execute query/ });
  await page.goto(`${stampede.url}/playground`);
  await expect(page.getByRole('textbox', { name: 'Token' })).toBeVisible();

  await execute.click();
  await expect(result).toContainText('"saleStatus"');
  await expect(result).toContainText('42');

  await page.getByRole('button', { name: /^Watch the stock/ }).click();
  await execute.click();
  await expect(result).toContainText('"stockChanged"');
  await expect(result).toContainText('"remaining": 42');
  expect(await stampede.buyAs('Ada', sale)).toBe('PurchaseSuccess');
  await expect(result).toContainText('"remaining": 41');

  expect(wrong).toEqual([]);
});

test('the playground knows the schema where introspection is switched off', async ({
  page,
  stampede,
}) => {
  await stampede.schedule(42);
  const wrong = watch(page, stampede.url);
  // As a server in production answers it.
  const asked: string[] = [];
  await page.route('**/graphql', (route) => {
    if (!route.request().postData()?.includes('__schema')) return route.continue();
    asked.push(route.request().url());
    return route.fulfill({ status: 400, json: { errors: [{ message: 'switched off' }] } });
  });
  await page.goto(`${stampede.url}/playground`);
  await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
  await expect(page.getByRole('link', { name: 'Query', exact: true })).toBeVisible();
  expect(asked).toEqual([]);
  expect(wrong).toEqual([]);
});
