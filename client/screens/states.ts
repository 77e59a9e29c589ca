import type { Page } from '@playwright/test';
import { Shopper } from '../e2e/story';
import type { Stampede } from '../e2e/stampede';

/** A moment of the page worth looking at: brings a sale and a page there, and returns the page. */
type Moment = (stampede: Stampede, look: Look) => Promise<Page>;

export interface Look {
  width: number;
  height: number;
  scheme: 'light' | 'dark';
}

async function arrive(stampede: Stampede, look: Look, name?: string): Promise<Shopper> {
  const shopper = await Shopper.arrives(stampede, name, {
    viewport: { width: look.width, height: look.height },
    colorScheme: look.scheme,
    deviceScaleFactor: 2,
  });
  await shopper.page.evaluate(() => document.fonts.ready.then(() => undefined));
  return shopper;
}

/** As many others as it takes. */
async function sell(stampede: Stampede, sale: string, units: number): Promise<void> {
  for (let i = 1; i <= units; i++) await stampede.buyAs(`Guest ${i}`, sale);
}

export const moments: Record<string, Moment> = {
  'signed-out': async (stampede, look) => {
    await stampede.schedule(100);
    return (await arrive(stampede, look)).page;
  },
  upcoming: async (stampede, look) => {
    await stampede.schedule(100, 3 * 60_000);
    const ada = await arrive(stampede, look, 'Ada');
    await ada.sees('upcoming');
    return ada.page;
  },
  active: async (stampede, look) => {
    const sale = await stampede.schedule(100);
    const ada = await arrive(stampede, look, 'Ada');
    await sell(stampede, sale, 36);
    await ada.reads('64 of 100 left');
    return ada.page;
  },
  last: async (stampede, look) => {
    const sale = await stampede.schedule(20);
    const ada = await arrive(stampede, look, 'Ada');
    await sell(stampede, sale, 18);
    await ada.reads('2 of 20 left');
    return ada.page;
  },
  buying: async (stampede, look) => {
    const sale = await stampede.schedule(100);
    const ada = await arrive(stampede, look, 'Ada');
    await sell(stampede, sale, 36);
    await ada.reads('64 of 100 left');
    await ada.page.route('**/graphql', () => undefined); // no answer comes
    await ada.buyButton.click();
    await ada.sees('buying');
    return ada.page;
  },
  bought: async (stampede, look) => {
    const sale = await stampede.schedule(100);
    const ada = await arrive(stampede, look, 'Ada');
    await sell(stampede, sale, 36);
    await ada.buys();
    return ada.page;
  },
  'sold-out': async (stampede, look) => {
    const sale = await stampede.schedule(10);
    const ada = await arrive(stampede, look, 'Ada');
    await sell(stampede, sale, 10);
    await ada.sees('soldOut');
    return ada.page;
  },
  paused: async (stampede, look) => {
    const sale = await stampede.schedule(100);
    const ada = await arrive(stampede, look, 'Ada');
    await stampede.pause(sale);
    await ada.sees('paused');
    return ada.page;
  },
  ended: async (stampede, look) => {
    const sale = await stampede.schedule(100);
    const ada = await arrive(stampede, look, 'Ada');
    await stampede.end(sale);
    await ada.sees('ended');
    return ada.page;
  },
};
