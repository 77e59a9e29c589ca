import { mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { moments } from '../e2e/moments';
import { test } from '../e2e/story';

// `make screens` takes these pictures: every state in every look for whoever judges the page, and the one that opens
// the README. MOMENTS=active,bought takes those only.

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const windows = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } };
const schemes = ['light', 'dark'] as const;
const languages = ['en', 'ar', 'ja'];
const wanted = process.env.MOMENTS?.split(',') ?? Object.keys(moments);

for (const [moment, bring] of Object.entries(moments).filter(([name]) => wanted.includes(name))) {
  test(moment, async ({ stampede, opens }) => {
    const options = { deviceScaleFactor: 2, reducedMotion: 'reduce' } as const;
    const shopper = await bring({ stampede, opens, options });
    const { page } = shopper;
    for (const language of languages) {
      await shopper.speaks(language);
      await page.evaluate(() => document.fonts.ready.then(() => undefined));
      for (const [name, viewport] of Object.entries(windows)) {
        await page.setViewportSize(viewport);
        for (const colorScheme of schemes) {
          await page.emulateMedia({ colorScheme });
          const path = file(`out/${moment}-${name}-${colorScheme}-${language}.png`);
          await page.screenshot({ path, animations: 'disabled', caret: 'hide' });
        }
      }
    }
  });
}

test('the picture that opens the README', async ({ browser }) => {
  const names = ['upcoming-phone-light-en', 'buying-phone-dark-en', 'bought-phone-light-en'];
  const shots = names.map((name) => {
    const data = readFileSync(file(`out/${name}.png`)).toString('base64');
    return `<img src="data:image/png;base64,${data}">`;
  });
  const page = await browser.newPage({ viewport: { width: 1280, height: 940 } });
  await page.setContent(`<style>
    body { margin: 0; height: 940px; display: flex; gap: 40px; align-items: center; justify-content: center; background: #e9e8e1; }
    img { width: 364px; border-radius: 28px; border: 1px solid #14161a26; }
  </style>${shots.join('')}`);
  mkdirSync(file('../../docs/screens'), { recursive: true });
  await page.screenshot({ path: file('../../docs/screens/stampede.png') });
  await page.close();
});
