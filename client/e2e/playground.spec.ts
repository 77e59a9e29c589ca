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

test('the editors take the colours of the system, also when it changes', async ({
  page,
  stampede,
}) => {
  const colours = () =>
    page
      .locator('.graphiql-query-editor .monaco-editor')
      .first()
      .evaluate((editor) =>
        getComputedStyle(editor).getPropertyValue('--vscode-editor-foreground'),
      );
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.goto(`${stampede.url}/playground`);
  await page.locator('body[data-ready]').waitFor();
  const dark = await colours();
  expect(dark).not.toBe('');
  await page.emulateMedia({ colorScheme: 'light' });
  await expect.poll(colours).not.toBe(dark);
  const light = await colours();
  await page.emulateMedia({ colorScheme: 'dark' });
  await expect.poll(colours).toBe(dark);

  // Who has chosen one keeps it, and all of the page with it.
  await page.getByRole('button', { name: 'Open settings dialog' }).click();
  await page.getByRole('button', { name: 'Light', exact: true }).click();
  await page.keyboard.press('Escape');
  await expect.poll(colours).toBe(light);
  const [bar, editors] = await page.evaluate(() =>
    ['.bar', '.graphiql-editors'].map((part) => {
      let element = document.querySelector(part);
      while (element && getComputedStyle(element).backgroundColor === 'rgba(0, 0, 0, 0)')
        element = element.parentElement;
      const shades = element && getComputedStyle(element).backgroundColor.match(/[\d.]+/g);
      return Number(shades?.[0] ?? 0);
    }),
  );
  expect(Math.min(bar ?? 0, editors ?? 0), 'both are light').toBeGreaterThan(200);
});

/** The colours of the house in light and dark, and of what GraphiQL draws with them. */
const COLOURS = {
  light: {
    page: 'rgb(250, 250, 247)',
    ink: 'rgb(20, 22, 26)',
    quiet: 'rgb(90, 93, 99)',
    line: 'rgb(222, 221, 214)',
    editors: 'rgb(255, 255, 255)',
    button: 'rgb(199, 55, 26)',
  },
  dark: {
    page: 'rgb(16, 18, 21)',
    ink: 'rgb(242, 241, 236)',
    quiet: 'rgb(165, 167, 171)',
    line: 'rgb(43, 46, 51)',
    editors: 'rgb(18, 20, 23)',
    button: 'rgb(255, 109, 77)',
  },
};

for (const system of ['light', 'dark'] as const)
  test(`the playground is ${system} where the system is, and as chosen where somebody has`, async ({
    page,
    stampede,
  }) => {
    const colours = () =>
      page.evaluate(() => {
        const of = (selector: string) => {
          const element = document.querySelector(selector);
          if (!element) throw new Error(`there is no ${selector}`);
          return getComputedStyle(element);
        };
        return {
          page: of('body').backgroundColor,
          ink: of('body').color,
          quiet: of('.bar > span').color,
          line: of('.token input').borderTopColor,
          editors: of('.graphiql-container').backgroundColor,
          button: of('.graphiql-execute-button').backgroundColor,
        };
      });
    await page.emulateMedia({ colorScheme: system, reducedMotion: 'reduce' });
    await page.goto(`${stampede.url}/playground`);
    await page.locator('body[data-ready]').waitFor();
    expect(await colours()).toEqual(COLOURS[system]);
    const settings = page.getByRole('button', { name: 'Open settings dialog' });
    for (const [name, chosen] of [
      ['Dark', 'dark'],
      ['Light', 'light'],
      ['System', system],
    ] as const) {
      await settings.click();
      const theme = page.getByRole('dialog').getByRole('button', { name, exact: true });
      await theme.click();
      await page.keyboard.press('Escape');
      await expect.poll(colours, name).toEqual(COLOURS[chosen]);
    }
  });

test('the playground has room for a question and its answer on a phone', async ({
  browser,
  stampede,
}) => {
  await stampede.schedule(42);
  const page = await browser.newPage({ viewport: { width: 390, height: 844 }, hasTouch: true });
  await page.goto(`${stampede.url}/playground`);
  await page.getByRole('button', { name: /^Execute query/ }).tap();
  const result = page.locator('.result-window');
  await expect(result).toContainText('"saleStatus"');
  for (const part of [result, page.locator('.graphiql-editors'), page.locator('.rail')]) {
    await part.scrollIntoViewIfNeeded();
    const box = await part.boundingBox();
    expect(box?.width, 'wide').toBeGreaterThan(330);
    expect(box?.height, 'high').toBeGreaterThan(80);
    expect((box?.x ?? -1) + (box?.width ?? 0), 'in sight').toBeLessThanOrEqual(390);
  }
  await page.getByRole('button', { name: /^Buy/ }).tap();
  await expect(page.locator('.graphiql-query-editor')).toContainText('mutation Buy');
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  await page.close();
});
