import {
  test as base,
  type BrowserContextOptions,
  chromium,
  expect,
  type Locator,
  type Page,
} from '@playwright/test';
import { launchOptions } from './browser';
import { Stampede } from './stampede';

export { expect };

/** One server for all stories of a worker; each story schedules its own sale on it. */
export const test = base.extend<object, { stampede: Stampede }>({
  stampede: [
    // Playwright wants a destructured object here, and nothing of it is needed.
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const stampede = await Stampede.start();
      await use(stampede);
      await stampede.stop();
    },
    { scope: 'worker', timeout: 60_000 },
  ],
});

/**
 * One person with a browser of their own. Not only a context: a browser without a screen now and then stops drawing
 * one of two windows, and then nothing in it can be clicked.
 */
export class Shopper {
  readonly page: Page;
  readonly truth: Locator;
  readonly buyButton: Locator;

  private constructor(page: Page) {
    this.page = page;
    this.truth = page.getByRole('region', { name: 'The sale' });
    this.buyButton = page.getByRole('button', { name: /^Buy now/ });
  }

  static async arrives(
    stampede: Stampede,
    name?: string,
    options: BrowserContextOptions = {},
  ): Promise<Shopper> {
    const browser = await chromium.launch(launchOptions);
    const page = await browser.newPage({ locale: 'en-GB', ...options });
    const shopper = new Shopper(page);
    await page.goto(stampede.url);
    if (name !== undefined) await shopper.signIn(name);
    return shopper;
  }

  async signIn(name: string): Promise<void> {
    await this.page.getByRole('textbox', { name: 'Your name' }).fill(name);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
    await expect(this.page.getByRole('button', { name: 'Sign out' })).toBeVisible();
  }

  /** The page shows that a sale is upcoming, active, bought, soldOut, paused, ended… */
  sees(state: string): Promise<void> {
    return expect(this.truth).toHaveAttribute('data-state', state);
  }

  reads(words: string | RegExp): Promise<void> {
    return expect(this.truth).toContainText(words);
  }

  async buys(): Promise<void> {
    await expect(this.buyButton).toHaveAttribute('aria-disabled', 'false');
    await this.buyButton.click();
    await this.sees('bought');
  }

  leaves = () => this.page.context().browser()?.close();
}
