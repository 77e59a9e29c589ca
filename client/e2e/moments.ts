import type { BrowserContextOptions, Page, Route } from '@playwright/test';
import { expect, type Shopper } from './story';
import type { Stampede } from './stampede';

/** Every state in which a shopper can meet the page: to be looked at, photographed and tested in each language. */
export interface Stage {
  stampede: Stampede;
  opens: (options?: BrowserContextOptions) => Promise<Shopper>;
  /** How the browser is set up: window, colour scheme, motion. */
  options: BrowserContextOptions;
}

type Moment = (stage: Stage) => Promise<Shopper>;

const LANGUAGES = ['en', 'de', 'fr', 'es', 'ja', 'zh-Hans', 'hi', 'ar'];
const product = {
  description: 'A shade of hand-blown glass, and a light like the last hour of the day.',
};
const open = (stampede: Stampede, stock = 100) => stampede.schedule(stock, -1000, product);

async function arrive({ opens, options }: Stage): Promise<Shopper> {
  const shopper = await opens(options);
  await shopper.signIn('Ada');
  return shopper;
}

/** The button takes a finger: it waits a moment where something else has just stood. */
const mayBuy = (ada: Shopper) => expect(ada.buyButton).toHaveAttribute('aria-disabled', 'false');

/** As many others as it takes. */
async function sell(stampede: Stampede, sale: string, units: number): Promise<void> {
  await Promise.all(Array.from({ length: units }, (_, i) => stampede.buyAs(`Guest ${i}`, sale)));
}

const isPurchase = (route: Route) => route.request().postData()?.includes('mutation Buy') ?? false;

/** Lets the shopper press the button, and this become of the purchase. */
async function buying(stage: Stage, state: string, fate: (route: Route) => Promise<void>) {
  const sale = await open(stage.stampede);
  await sell(stage.stampede, sale, 36);
  const ada = await arrive(stage);
  await ada.reads('64 of 100 left');
  await ada.page.route('**/graphql', (route) =>
    isPurchase(route) ? fate(route) : route.continue(),
  );
  await ada.buyButton.click();
  await ada.sees(state);
  return ada;
}

/**
 * The page without what the server wrote into it, and this instead of answers about the sale. The document itself is left
 * alone: Chromium refuses a line to this machine to a document that came from elsewhere.
 */
async function withoutState(page: Page, fate: (route: Route) => Promise<void>): Promise<void> {
  await page.addInitScript(() => {
    // Before any deferred script.
    const forget = () => {
      const boot = document.getElementById('boot');
      if (boot) boot.textContent = '{"demoSignIn":true}';
    };
    document.addEventListener('readystatechange', forget, { once: true });
  });
  await page.route('**/graphql', fate);
  await page.reload();
}

export const moments: Record<string, Moment> = {
  'signed-out': async (stage) => {
    await open(stage.stampede);
    return stage.opens(stage.options);
  },
  upcoming: async (stage) => {
    await stage.stampede.schedule(100, 3 * 60_000, product);
    const ada = await arrive(stage);
    await ada.sees('upcoming');
    return ada;
  },
  'upcoming-far': async (stage) => {
    await stage.stampede.schedule(1200, 5 * 86_400_000, product);
    const ada = await arrive(stage);
    await ada.sees('upcoming');
    return ada;
  },
  active: async (stage) => {
    const sale = await open(stage.stampede);
    await sell(stage.stampede, sale, 36);
    const ada = await arrive(stage);
    await ada.reads('64 of 100 left');
    await mayBuy(ada);
    return ada;
  },
  'open-for-days': async (stage) => {
    await stage.stampede.schedule(100, -1000, product, 3 * 86_400_000);
    const ada = await arrive(stage);
    await ada.reads('Open until');
    await mayBuy(ada);
    return ada;
  },
  unready: async (stage) => {
    await open(stage.stampede);
    const ada = await stage.opens(stage.options);
    await ada.page.route('**/graphql', (route) =>
      route.request().postData()?.includes('query SaleStatus') ? route.abort() : route.continue(),
    );
    await ada.signIn('Ada');
    await ada.reads('The shop has not answered yet');
    return ada;
  },
  last: async (stage) => {
    const sale = await open(stage.stampede, 20);
    await sell(stage.stampede, sale, 18);
    const ada = await arrive(stage);
    await ada.reads('2 of 20 left');
    await mayBuy(ada);
    return ada;
  },
  buying: (stage) => buying(stage, 'buying', () => new Promise(() => undefined)),
  busy: (stage) =>
    buying(stage, 'busy', (route) => {
      const purchase = { __typename: 'TryAgain', code: 'BUSY', retryAfterMs: 600_000 };
      return route.fulfill({ json: { data: { purchase } } });
    }),
  unknown: (stage) => buying(stage, 'unknown', (route) => route.abort()),
  bought: async (stage) => {
    const sale = await open(stage.stampede);
    await sell(stage.stampede, sale, 36);
    const ada = await arrive(stage);
    await ada.buys();
    await ada.reads('You are number 37 of 100.');
    return ada;
  },
  'bought-earlier': async (stage) => {
    const sale = await open(stage.stampede);
    await stage.stampede.buyAs('Ada', sale);
    const ada = await arrive(stage);
    await ada.reads('Bought earlier');
    return ada;
  },
  'sold-out': async (stage) => {
    const sale = await open(stage.stampede, 10);
    const ada = await arrive(stage);
    await ada.sees('active');
    await sell(stage.stampede, sale, 10);
    await ada.reads('Thank you for coming.');
    return ada;
  },
  'sold-out-signed-out': async (stage) => {
    const sale = await open(stage.stampede, 10);
    await sell(stage.stampede, sale, 10);
    const visitor = await stage.opens(stage.options);
    await visitor.sees('soldOut');
    return visitor;
  },
  paused: async (stage) => {
    const sale = await open(stage.stampede);
    const ada = await arrive(stage);
    await stage.stampede.pause(sale);
    await ada.sees('paused');
    return ada;
  },
  ended: async (stage) => {
    const sale = await open(stage.stampede);
    const ada = await arrive(stage);
    await stage.stampede.end(sale);
    await ada.sees('ended');
    return ada;
  },
  offline: async (stage) => {
    const sale = await open(stage.stampede);
    await sell(stage.stampede, sale, 36);
    const ada = await arrive(stage);
    await ada.reads('64 of 100 left');
    // A language that was never here cannot come without a network.
    for (const language of LANGUAGES) await ada.speaks(language);
    await ada.speaks('en');
    await ada.page.context().setOffline(true);
    await ada.reads('No connection. Last seen');
    return ada;
  },
  none: async (stage) => {
    const visitor = await stage.opens(stage.options);
    await withoutState(visitor.page, (route) =>
      route.fulfill({ json: { data: { saleStatus: null, viewer: null } } }),
    );
    await visitor.sees('none');
    await visitor.reads('Live');
    return visitor;
  },
  away: async (stage) => {
    const visitor = await stage.opens(stage.options);
    await withoutState(visitor.page, (route) => route.abort());
    await visitor.sees('away');
    await expect(visitor.truth).toContainText('We can’t reach the shop');
    return visitor;
  },
};
