import { speaks, test } from '../e2e/desk';
import { moments } from '../e2e/desk-moments';
import { photograph, wantedOf } from './looks';

// Every state of the operator's desk in every look.

for (const [moment, bring] of wantedOf(moments)) {
  test(moment, async ({ stampede, sitsDown, comesIn }) => {
    const page = await bring({ stampede, sitsDown, comesIn, options: { reducedMotion: 'reduce' } });
    // A dialog covers a window, not a page; the word of a lost connection stands at the window's end.
    const fullPage = (await page.locator('[role="dialog"], .stale').count()) === 0;
    await photograph(page, `desk-${moment}`, (language) => speaks(page, language), fullPage);
  });
}
