import type { BrowserContextOptions, Page } from '@playwright/test';
import { expect, LANGUAGES, numeral, signIn, speaks } from './desk';
import type { Stampede } from './stampede';

/** Every state in which an operator can meet the desk: to be looked at, photographed and tested in each language. */
export interface Stage {
  stampede: Stampede;
  sitsDown: (name: string, options?: BrowserContextOptions) => Promise<Page>;
  comesIn: (options?: BrowserContextOptions) => Promise<Page>;
  /** How the browser is set up: window, colour scheme, motion. */
  options: BrowserContextOptions;
}

type Moment = (stage: Stage) => Promise<Page>;

const product = { name: 'Aurora lamp', sku: 'AURORA-1' };

/** As many as it takes. */
async function sell(stampede: Stampede, sale: string, units: number): Promise<void> {
  await Promise.all(Array.from({ length: units }, (_, i) => stampede.buyAs(`Guest ${i}`, sale)));
}

/** A sale of so many units, so many of them sold, and an operator who looks at it. */
async function watch({ stampede, sitsDown, options }: Stage, stock = 40, sold = 12) {
  const sale = await stampede.schedule(stock, -1000, product);
  await sell(stampede, sale, sold);
  const page = await sitsDown('mona', options);
  await expect(numeral(page, 'Remaining')).toHaveText(String(stock - sold));
  return { page, sale };
}

/** The same, once the servers have told what goes on. */
async function live(...of: Parameters<typeof watch>) {
  const seen = await watch(...of);
  await expect(numeral(seen.page, 'Watching')).not.toHaveText('–');
  return seen;
}

/** The same, where the operator has pressed a button and sees what it will do. */
async function about(stage: Stage, control: string, seen?: Awaited<ReturnType<typeof watch>>) {
  const { page, sale } = seen ?? (await watch(stage));
  await page.getByRole('button', { name: control }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toBeVisible();
  return { page, sale, dialog };
}

async function upcoming({ stampede, sitsDown, options }: Stage) {
  const sale = await stampede.schedule(40, 3_600_000, product);
  const page = await sitsDown('mona', options);
  await expect(page.getByText('Upcoming', { exact: true })).toBeVisible();
  return { page, sale };
}

/** A part of a sale that is over. */
async function afterwards(stage: Stage, part: string, sold = 12) {
  const { page, sale } = await watch(stage, 40 + sold, sold);
  await stage.stampede.end(sale);
  await expect(page.getByText('This sale is over.')).toBeVisible();
  await page.getByRole('link', { name: part }).click();
  return page;
}

async function plan({ stampede, sitsDown, options }: Stage) {
  await stampede.schedule(40, -1000, product);
  const page = await sitsDown('mona', options);
  await page.getByRole('link', { name: 'Schedule a sale' }).click();
  await expect(page.getByRole('heading', { name: 'Schedule a sale' })).toBeVisible();
  return page;
}

/** The page of a server that is no demo, though this one is. */
async function outsideADemo(page: Page): Promise<void> {
  await page.addInitScript(() => {
    // Before any deferred script.
    const settle = () => {
      const boot = document.getElementById('boot');
      if (boot) boot.textContent = '{"demoSignIn":false}';
    };
    document.addEventListener('readystatechange', settle, { once: true });
  });
  await page.reload();
}

const outside: Record<string, Moment> = {
  'sign-in': async ({ comesIn, options }) => {
    const page = await comesIn(options);
    await outsideADemo(page);
    await expect(page.getByText('You get one from whoever runs the shop’s sign-in')).toBeVisible();
    return page;
  },
  'sign-in-demo': async ({ comesIn, options }) => {
    const page = await comesIn(options);
    await expect(page.getByText('This demo server prints one')).toBeVisible();
    return page;
  },
  'sign-in-refused': async ({ comesIn, options }) => {
    const page = await comesIn(options);
    await signIn(page, 'forged');
    await expect(page.getByText('The server does not take this token.')).toBeVisible();
    return page;
  },
  'no-sale': async ({ sitsDown, options }) => {
    const page = await sitsDown('mona', options);
    await page.route('**/graphql', async (route) => {
      if (!route.request().postData()?.includes('query DeskSales')) return route.continue();
      const viewer = { __typename: 'Viewer', id: 'mona' };
      const pageInfo = { __typename: 'PageInfo', hasNextPage: false, endCursor: null };
      const sales = { __typename: 'SaleConnection', nodes: [], pageInfo };
      return route.fulfill({ json: { data: { viewer, saleStatus: null, sales } } });
    });
    await page.goto(new URL('/desk', page.url()).href);
    await expect(page.getByText('There is no sale yet.')).toBeVisible();
    return page;
  },
  'not-found': async (stage) => {
    const { page } = await watch(stage);
    await page.goto(new URL('/desk/sales/sale_0', page.url()).href);
    await expect(page.getByText('There is no sale with this id.')).toBeVisible();
    return page;
  },
};

const phases: Record<string, Moment> = {
  upcoming: async (stage) => (await upcoming(stage)).page,
  live: async (stage) => (await live(stage)).page,
  last: async (stage) => (await live(stage, 40, 38)).page,
  paused: async (stage) => {
    const { page, sale } = await live(stage);
    await stage.stampede.pause(sale);
    await expect(page.getByRole('button', { name: 'Resume' })).toBeVisible();
    return page;
  },
  'sold-out': async (stage) => {
    const { page } = await live(stage, 30, 30);
    await expect(page.getByText('Sold out', { exact: true })).toBeVisible();
    return page;
  },
  ended: async (stage) => {
    const { page, sale } = await live(stage);
    await stage.stampede.end(sale);
    await expect(page.getByText('This sale is over.')).toBeVisible();
    return page;
  },
  lost: async (stage) => {
    const { page } = await live(stage);
    // A language that was never here cannot come without a network.
    for (const language of LANGUAGES.toReversed()) await speaks(page, language);
    await page.context().setOffline(true);
    await expect(page.getByText('What you see may be old.')).toBeVisible();
    return page;
  },
};

const wishes: Record<string, Moment> = {
  pause: async (stage) => (await about(stage, 'Pause')).page,
  resume: async (stage) => {
    const seen = await watch(stage);
    await stage.stampede.pause(seen.sale);
    return (await about(stage, 'Resume', seen)).page;
  },
  restock: async (stage) => {
    const { page, dialog } = await about(stage, 'Restock', await watch(stage, 30, 30));
    await dialog.getByRole('textbox', { name: 'Units to add' }).fill('7');
    await expect(dialog).toContainText('It is sold out now');
    return page;
  },
  'restock-wrong': async (stage) => {
    const { page, dialog } = await about(stage, 'Restock');
    await dialog.getByRole('textbox', { name: 'Units to add' }).fill('2000000000');
    await dialog.getByRole('button', { name: 'Add them' }).click();
    await expect(dialog).toContainText('no more than 100,000,000');
    return page;
  },
  reschedule: async (stage) => (await about(stage, 'Reschedule', await upcoming(stage))).page,
  'reschedule-wrong': async (stage) => {
    const { page, dialog } = await about(stage, 'Reschedule');
    await dialog.getByLabel('End').fill('2020-01-01T10:00:00');
    await dialog.getByRole('button', { name: 'Move it' }).click();
    await expect(dialog).toContainText('The end must lie in the future');
    return page;
  },
  end: async (stage) => (await about(stage, 'End the sale')).page,
  conflict: async (stage) => {
    const { page, sale, dialog } = await about(stage, 'Pause');
    await stage.stampede.restock(sale, 10);
    await dialog.getByRole('button', { name: 'Pause it' }).click();
    const faster = page.getByRole('dialog', { name: 'Somebody was faster' });
    await expect(faster.getByRole('listitem')).toContainText('restocked it to 50 units');
    return page;
  },
  'wish-lost': async (stage) => {
    const { page, dialog } = await about(stage, 'Pause');
    await page.route('**/graphql', (route) =>
      route.request().postData()?.includes('mutation DeskPause') ? route.abort() : route.continue(),
    );
    await dialog.getByRole('button', { name: 'Pause it' }).click();
    await expect(dialog.getByRole('alert')).toContainText('could not be reached');
    return page;
  },
  'wish-busy': async (stage) => {
    const { page, dialog } = await about(stage, 'Pause');
    await page.route('**/graphql', (route) => {
      if (!route.request().postData()?.includes('mutation DeskPause')) return route.continue();
      const extensions = { code: 'BUSY', retryAfterMs: 600_000 };
      const error = { message: 'busy', path: ['payload'], extensions };
      return route.fulfill({ json: { data: null, errors: [error] } });
    });
    await dialog.getByRole('button', { name: 'Pause it' }).click();
    await expect(dialog.getByRole('alert')).toContainText('Nothing was changed.');
    return page;
  },
};

const plans: Record<string, Moment> = {
  schedule: plan,
  'schedule-missing': async (stage) => {
    const page = await plan(stage);
    await page.getByRole('button', { name: 'Schedule it' }).click();
    await expect(page.getByText('Please fill this in.')).toHaveCount(2);
    return page;
  },
  'schedule-wrong': async (stage) => {
    const page = await plan(stage);
    await page.getByRole('textbox', { name: 'Name' }).fill('Borealis lamp');
    await page.getByRole('textbox', { name: 'Stock keeping unit' }).fill('BOREALIS-1');
    await page.getByRole('textbox', { name: 'Units' }).fill('2000000000');
    await page.getByRole('textbox', { name: 'Picture' }).fill('lamp');
    await page.getByRole('textbox', { name: 'Price' }).fill('1e3');
    await page.getByLabel('End').fill('2020-01-01T10:00:00');
    await page.getByRole('button', { name: 'Schedule it' }).click();
    await expect(page.getByText('1 to 100,000,000 units.')).toBeVisible();
    return page;
  },
};

const lists: Record<string, Moment> = {
  purchases: async (stage) => {
    const page = await afterwards(stage, 'Purchases', 60);
    await expect(page.getByText('60 purchases')).toBeVisible();
    await page.getByRole('button', { name: 'Next page' }).click();
    await expect(page.locator('.list tbody tr')).toHaveCount(10);
    return page;
  },
  'purchases-none': async (stage) => {
    const page = await afterwards(stage, 'Purchases', 0);
    await expect(page.getByText('Nobody has bought yet.')).toBeVisible();
    return page;
  },
  'purchases-no-match': async (stage) => {
    const page = await afterwards(stage, 'Purchases');
    await page.getByRole('textbox', { name: 'Search' }).fill('nobody');
    await expect(page.getByText('No purchase fits.')).toBeVisible();
    return page;
  },
  report: async (stage) => {
    const page = await afterwards(stage, 'Report');
    await expect(page.locator('.lines')).toBeVisible();
    return page;
  },
};

export const moments: Record<string, Moment> = {
  ...outside,
  ...phases,
  ...wishes,
  ...plans,
  ...lists,
};
