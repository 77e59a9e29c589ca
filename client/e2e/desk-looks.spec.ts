import { findings } from './axe';
import { expect, LANGUAGES, numeral, speaks, test } from './desk';
import { moments } from './desk-moments';

// Every state of the desk, in every language: nothing for axe to find in light and dark, nothing cut off, nothing out
// of the window.

const LOOKS = [
  { viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
  { viewport: { width: 1366, height: 900 }, colorScheme: 'light' },
] as const;
/** Axe looks at these in both; at the others, which are as English but for their words, in one and the other by turns. */
const BOTH = ['en', 'ar'];

for (const [moment, bring] of Object.entries(moments)) {
  test(`${moment}: in every language and theme`, async ({ stampede, sitsDown, comesIn }) => {
    const page = await bring({ stampede, sitsDown, comesIn, options: { reducedMotion: 'reduce' } });
    const wrong: string[] = [];
    for (const [turn, language] of LANGUAGES.entries()) {
      await speaks(page, language);
      for (const [i, { viewport, colorScheme }] of LOOKS.entries()) {
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme });
        const found = await page.evaluate(cutOff);
        if (BOTH.includes(language) || turn % LOOKS.length === i)
          found.push(...(await findings(page)));
        wrong.push(...found.map((what) => `${language} ${colorScheme}: ${what}`));
      }
    }
    expect(wrong).toEqual([]);
  });
}

test('a name of one long word, and the largest stock, fit wherever they stand', async ({
  stampede,
  sitsDown,
}) => {
  const name = `Lamp of the ${'north'.repeat(30)}`;
  const sale = await stampede.schedule(100_000_000, -1000, { name });
  await stampede.buyAs('Ada', sale);
  const page = await sitsDown('mona', { reducedMotion: 'reduce' });
  const wrong: string[] = [];
  const look = async (where: string) => {
    for (const width of [320, 1100, 1366]) {
      await page.setViewportSize({ width, height: 700 });
      for (const what of await page.evaluate(cutOff)) wrong.push(`${where} ${width}: ${what}`);
    }
  };
  await expect(numeral(page, 'Remaining')).toHaveText('99,999,999');
  await expect(page.locator('.lines text').filter({ hasText: /^100m$/i })).toBeVisible();
  for (const language of ['en', 'hi', 'ar']) {
    await speaks(page, language);
    await look(language);
  }
  await speaks(page, 'en');
  await page.getByRole('button', { name: 'End the sale' }).click();
  await expect(page.getByRole('dialog')).toContainText(name);
  await look('end');
  await page.getByRole('button', { name: 'Cancel' }).click();
  for (const part of ['Purchases', 'Report']) {
    await page.getByRole('link', { name: part }).click();
    await expect(page.getByRole('link', { name: part })).toHaveAttribute('aria-current', 'page');
    await expect(page.locator('.purchases, .report')).toBeVisible();
    await look(part);
  }
  expect(wrong).toEqual([]);
});

test('on a phone the bar is of two or three rows, and "Sign out" stands in none alone', async ({
  stampede,
  sitsDown,
}) => {
  await stampede.schedule(100);
  const page = await sitsDown('mona');
  await expect(page.locator('.line')).toHaveText('Live');
  for (const width of [390, 360, 320, 844])
    for (const language of LANGUAGES) {
      await page.setViewportSize({ width, height: 844 });
      await speaks(page, language);
      const rows = await page.evaluate(rowsOfBar);
      const last = rows.at(-1) ?? 0;
      expect(last, `${language} ${width}`).toBeGreaterThan(1);
      expect(count(rows), `${language} ${width}`).toBeLessThanOrEqual(3);
    }
});

test('that the connection is lost is said wherever the operator has scrolled to, and the bar keeps its rows', async ({
  stampede,
  sitsDown,
}) => {
  await stampede.schedule(100);
  const page = await sitsDown('mona', { reducedMotion: 'reduce' });
  await expect(page.locator('.line')).toHaveText('Live');
  // A language that was never here cannot come without a network.
  for (const language of LANGUAGES) await speaks(page, language);
  await speaks(page, 'en');
  await page.context().setOffline(true);
  const words = page.getByRole('status').getByText('What you see may be old.');
  await expect(words).toBeVisible();
  const warning = page.locator('.stale');
  const scrollTo = (y: number) => page.evaluate((y) => window.scrollTo(0, y), y);
  for (const [width, height] of [
    [390, 844],
    [320, 568],
    [844, 390],
    [1280, 800],
  ] as const)
    for (const language of LANGUAGES) {
      const where = `${language} ${width}`;
      await page.setViewportSize({ width, height });
      await speaks(page, language);
      const rows = await page.evaluate(rowsOfBar);
      expect(rows.at(-1), where).toBeGreaterThan(1);
      expect(count(rows), where).toBeLessThanOrEqual(3);
      for (const y of [0, 300, 10_000]) {
        await scrollTo(y);
        await expect(warning, `${where} from ${y}`).toBeInViewport({ ratio: 1 });
      }
      // At the page's end it covers nothing.
      const end = await page.locator('.page > :last-child').boundingBox();
      const box = await warning.boundingBox();
      expect((end?.y ?? NaN) + (end?.height ?? 0), where).toBeLessThanOrEqual(box?.y ?? NaN);
    }
  // Nor what has the focus.
  await page.setViewportSize({ width: 390, height: 844 });
  await speaks(page, 'en');
  await scrollTo(0);
  await page.getByRole('link', { name: 'Live' }).focus();
  const end = page.getByRole('button', { name: 'End the sale' });
  for (let i = 0; i < 20 && !(await end.evaluate(hasFocus)); i++) {
    await page.keyboard.press('Tab');
    const covered = await page.evaluate(() => {
      const over = document.querySelector('.stale')?.getBoundingClientRect().top ?? 0;
      return (document.activeElement?.getBoundingClientRect().bottom ?? 0) - over;
    });
    expect(covered).toBeLessThanOrEqual(0);
  }
  await expect(end).toBeFocused();
  await page.context().setOffline(false);
  await expect(page.locator('.line')).toHaveText('Live');
});

test('where the reader’s colours take the place of ours, a button that does something keeps an edge', async ({
  stampede,
  sitsDown,
}) => {
  await stampede.schedule(40);
  const page = await sitsDown('mona', { forcedColors: 'active' });
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByRole('button', { name: 'Pause it' })).toHaveCSS('border-width', '2px');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('link', { name: 'Schedule a sale' }).click();
  const schedule = page.getByRole('button', { name: 'Schedule it' });
  await expect(schedule).toHaveCSS('border-width', '2px');
});

const hasFocus = (element: Element) => element === document.activeElement;

/** For each part of the bar, how many parts its row has. */
function rowsOfBar(): number[] {
  const parts = document.querySelectorAll('.bar :is(a, select, button, .line)');
  const middles = [...parts].map((part) => {
    const { top, bottom } = part.getBoundingClientRect();
    return Math.round((top + bottom) / 2);
  });
  return middles.map((row) => middles.filter((y) => Math.abs(y - row) < 8).length);
}

/** How many rows those are: a row of n is counted n times. */
const count = (rows: number[]) => Math.round(rows.reduce((sum, n) => sum + 1 / n, 0));

/** What does not fit: a page wider than its window, words wider than their place. */
function cutOff(): string[] {
  const wrong: string[] = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) wrong.push(`the page is ${root.scrollWidth} wide`);
  const words = 'h1, h2, p, dt, dd, a, button, label, legend, td, th, li, .MuiFormHelperText-root';
  for (const part of document.querySelectorAll<HTMLElement>(words)) {
    if (part.clientWidth === 0 || part.matches('.unseen, .unseen *')) continue;
    if (part.scrollWidth > part.clientWidth + 1) wrong.push(`"${part.textContent}" is too wide`);
  }
  return wrong;
}
