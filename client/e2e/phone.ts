import type { Browser } from '@playwright/test';

/**
 * How long a phone takes for the work below: four times as long as the machine that this was written on, which takes 6 ms
 * in its good hours and stands for a desktop.
 */
const PHONE_MS = 24;
const SLOWEST = 4;

/**
 * By how much to slow this machine down, so that its page runs as on a phone: by four where it is as fast as a desktop,
 * by less where it is not, because a rented processor has days of half its speed and the phone does not. Lighthouse
 * advises the same: https://github.com/GoogleChrome/lighthouse/blob/main/docs/throttling.md#calibrating-the-cpu-slowdown
 */
export async function slowdown(browser: Browser): Promise<number> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const times = await page.evaluate(timesOfWork);
  await context.close();
  const typical = times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN;
  return Math.min(SLOWEST, Math.max(1, PHONE_MS / typical));
}

/** The work of a page, in small: objects, lists, texts, a table, JSON. In milliseconds, after the first ones, which compile. */
function timesOfWork(): number[] {
  const FIRST = 12;
  return Array.from({ length: 4 * FIRST }, work).slice(FIRST);

  function work(): number {
    const began = performance.now();
    let text = '';
    const table = new Map<string, { count: number; at: number[] }>();
    for (let i = 0; i < 40_000; i++) {
      const key = `k${i % 997}`;
      text += key;
      const known = table.get(key);
      if (!known) {
        table.set(key, { count: 1, at: [i] });
        continue;
      }
      known.count++;
      known.at.push(i);
      if (known.at.length > 20) known.at = known.at.slice(10);
    }
    const copy = JSON.parse(JSON.stringify([...table])) as unknown[];
    if (copy.length !== 997 || text.length < copy.length) throw new Error('the work went wrong');
    return performance.now() - began;
  }
}
