import type { Browser, BrowserContextOptions, Locator, Page } from '@playwright/test';
import type { Stampede } from './stampede';
import { expect, test as story } from './story';

export { expect };

export const LANGUAGES = ['en', 'de', 'fr', 'es', 'ja', 'zh-Hans', 'hi', 'ar'];

interface Desk {
  /** An operator at a desk of their own, signed in. */
  sitsDown: (name: string, options?: BrowserContextOptions) => Promise<Page>;
  /** The desk of somebody who has shown no token yet. */
  comesIn: (options?: BrowserContextOptions) => Promise<Page>;
}

export const test = story.extend<Desk>({
  comesIn: async ({ browser, stampede }, use) => {
    const pages: Page[] = [];
    await use(async (options) => {
      const page = await openDesk(browser, stampede, options);
      pages.push(page);
      return page;
    });
    for (const page of pages) await page.context().close();
  },
  sitsDown: async ({ comesIn, stampede }, use) => {
    await use(async (name, options) => {
      const page = await comesIn(options);
      await signIn(page, stampede.operator(name));
      await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
      return page;
    });
  },
});

async function openDesk(browser: Browser, stampede: Stampede, options: BrowserContextOptions = {}) {
  const context = await browser.newContext({ locale: 'en-GB', acceptDownloads: true, ...options });
  const page = await context.newPage();
  await page.goto(`${stampede.url}/desk`);
  return page;
}

export async function signIn(page: Page, token: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Access token' }).fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Chooses a language of the desk, whatever stands before it. */
export async function speaks(page: Page, language: string): Promise<void> {
  await page.locator('select.languages').selectOption(language);
  await expect(page.locator('html')).toHaveAttribute('lang', language);
}

export const numeral = (page: Page, name: string): Locator =>
  page
    .locator('.numerals > div')
    .filter({ has: page.getByText(name, { exact: true }) })
    .locator('.numeral');
