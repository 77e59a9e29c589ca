import { findings } from './axe';
import { expect, LANGUAGES, speaks, test } from './desk';
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
