import {
  test as base,
  type BrowserContext,
  type BrowserContextOptions,
  expect,
  type Locator,
  type Page,
} from '@playwright/test';
import { Stampede } from './stampede';

export { expect };

/** One server for all stories of a worker; each story schedules its own sale on it. */
export interface Worker {
  stampede: Stampede;
}

export interface Story {
  /** Somebody opens the page: with cookies, storage and a window of their own, prepared before. */
  opens: (
    options?: BrowserContextOptions,
    prepare?: (context: BrowserContext) => Promise<unknown>,
  ) => Promise<Shopper>;
  /** Somebody opens the page and signs in by this name. */
  arrives: (name: string, options?: BrowserContextOptions) => Promise<Shopper>;
}

export const test = base.extend<Story, Worker>({
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
  opens: async ({ browser, stampede }, use) => {
    const shoppers: Shopper[] = [];
    await use(async (options = {}, prepare) => {
      const context = await browser.newContext({ locale: 'en-GB', ...options });
      await prepare?.(context);
      const shopper = new Shopper(await context.newPage());
      shoppers.push(shopper);
      await shopper.page.goto(stampede.url);
      return shopper;
    });
    for (const { page } of shoppers) await page.context().close();
  },
  arrives: async ({ opens }, use) => {
    await use(async (name, options) => {
      const shopper = await opens(options);
      await shopper.signIn(name);
      return shopper;
    });
  },
});

/** What one part of a story waits for and another one gives. */
export function signal(): { given: Promise<void>; give: () => void } {
  let give: () => void = () => undefined;
  const given = new Promise<void>((resolve) => (give = resolve));
  return { given, give };
}

/** One person and their page. */
export class Shopper {
  readonly page: Page;
  readonly truth: Locator;
  readonly buyButton: Locator;

  constructor(page: Page) {
    this.page = page;
    this.truth = page.locator('section[data-state]');
    this.buyButton = page.getByRole('button', { name: /^Buy now/ });
  }

  async signIn(name: string): Promise<void> {
    await this.page.getByRole('textbox', { name: 'Your name' }).fill(name);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
    await expect(this.page.getByRole('button', { name: 'Sign out' })).toBeVisible();
  }

  /**
   * Whatever this page asks about the sale, the answer tells of no purchase. A page that signs in opens its line
   * anew and asks once more what it missed, at a moment of its own: without this, it may learn of a purchase made
   * elsewhere before it presses the button, and then there is no button to press.
   */
  async isToldOfNoPurchase(): Promise<void> {
    await this.page.route('**/graphql', async (route) => {
      if (!route.request().postData()?.includes('query SaleStatus')) return route.continue();
      const response = await route.fetch();
      const answer = (await response.json()) as { data: { saleStatus: object } };
      const data = {
        ...answer.data,
        saleStatus: { ...answer.data.saleStatus, viewerPurchase: null },
      };
      return route.fulfill({ response, json: { data } });
    });
  }

  /** The same person, in a second tab. */
  async opensAnotherTab(): Promise<Shopper> {
    const page = await this.page.context().newPage();
    await page.goto(this.page.url());
    return new Shopper(page);
  }

  /** Chooses a language of the page. */
  async speaks(language: string): Promise<void> {
    await this.page.getByRole('combobox').selectOption(language);
    await expect(this.page.locator('html')).toHaveAttribute('lang', language);
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
}
