import type { Page } from '@playwright/test';
import type { Shopper } from '../e2e/story';
import type { Stampede } from '../e2e/stampede';

export interface Stage {
  stampede: Stampede;
  /** Somebody opens the page, and signs in when they have a name. */
  arrive: (name?: string) => Promise<Shopper>;
}

/** A moment of the page worth looking at: brings a sale and a page there, and returns the page. */
type Moment = (stage: Stage) => Promise<Page>;

/** As many others as it takes. */
async function sell(stampede: Stampede, sale: string, units: number): Promise<void> {
  for (let i = 1; i <= units; i++) await stampede.buyAs(`Guest ${i}`, sale);
}

export const moments: Record<string, Moment> = {
  'signed-out': async ({ stampede, arrive }) => {
    await stampede.schedule(100);
    return (await arrive()).page;
  },
  upcoming: async ({ stampede, arrive }) => {
    await stampede.schedule(100, 3 * 60_000);
    const ada = await arrive('Ada');
    await ada.sees('upcoming');
    return ada.page;
  },
  active: async ({ stampede, arrive }) => {
    const sale = await stampede.schedule(100);
    const ada = await arrive('Ada');
    await sell(stampede, sale, 36);
    await ada.reads('64 of 100 left');
    return ada.page;
  },
  last: async ({ stampede, arrive }) => {
    const sale = await stampede.schedule(20);
    const ada = await arrive('Ada');
    await sell(stampede, sale, 18);
    await ada.reads('2 of 20 left');
    return ada.page;
  },
  buying: async ({ stampede, arrive }) => {
    const sale = await stampede.schedule(100);
    const ada = await arrive('Ada');
    await sell(stampede, sale, 36);
    await ada.reads('64 of 100 left');
    await ada.page.route('**/graphql', () => undefined); // no answer comes
    await ada.buyButton.click();
    await ada.sees('buying');
    return ada.page;
  },
  bought: async ({ stampede, arrive }) => {
    const sale = await stampede.schedule(100);
    const ada = await arrive('Ada');
    await sell(stampede, sale, 36);
    await ada.buys();
    return ada.page;
  },
  'sold-out': async ({ stampede, arrive }) => {
    const sale = await stampede.schedule(10);
    const ada = await arrive('Ada');
    await sell(stampede, sale, 10);
    await ada.sees('soldOut');
    return ada.page;
  },
  paused: async ({ stampede, arrive }) => {
    const sale = await stampede.schedule(100);
    const ada = await arrive('Ada');
    await stampede.pause(sale);
    await ada.sees('paused');
    return ada.page;
  },
  ended: async ({ stampede, arrive }) => {
    const sale = await stampede.schedule(100);
    const ada = await arrive('Ada');
    await stampede.end(sale);
    await ada.sees('ended');
    return ada.page;
  },
};
