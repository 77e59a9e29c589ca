import { speaks, test } from '../e2e/desk';
import { moments } from '../e2e/desk-moments';
import { photograph, wantedOf } from './looks';

// Every state of the operator's desk in every look.

for (const [moment, bring] of wantedOf(moments)) {
  test(moment, async ({ stampede, sitsDown, comesIn }) => {
    const page = await bring({ stampede, sitsDown, comesIn, options: { reducedMotion: 'reduce' } });
    // A dialog covers a window, not a page.
    const fullPage = (await page.getByRole('dialog').count()) === 0;
    await photograph(page, `desk-${moment}`, (language) => speaks(page, language), fullPage);
  });
}
