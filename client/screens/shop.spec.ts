import { moments } from '../e2e/moments';
import { test } from '../e2e/story';
import { photograph, wantedOf } from './looks';

// Every state of the shopper's page in every look, for whoever judges it.

for (const [moment, bring] of wantedOf(moments)) {
  test(moment, async ({ stampede, opens }) => {
    const options = { deviceScaleFactor: 2, reducedMotion: 'reduce' } as const;
    const shopper = await bring({ stampede, opens, options });
    await photograph(shopper.page, moment, (language) => shopper.speaks(language));
  });
}
