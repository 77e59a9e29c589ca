import { mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from '../e2e/story';
import { moments } from './states';

// `make screens` takes these pictures: every moment for whoever judges the page, and the one that opens the README.

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const phone = { width: 390, height: 844 };
const looks: Record<string, { width: number; height: number; scheme: 'light' | 'dark' }> = {
  'phone-light': { ...phone, scheme: 'light' },
  'phone-dark': { ...phone, scheme: 'dark' },
  'desktop-light': { width: 1280, height: 800, scheme: 'light' },
  'desktop-dark': { width: 1280, height: 800, scheme: 'dark' },
};

for (const [moment, bring] of Object.entries(moments)) {
  for (const [name, { width, height, scheme }] of Object.entries(looks)) {
    test(`${moment}, ${name}`, async ({ stampede, opens }) => {
      const arrive = async (who?: string) => {
        const viewport = { width, height };
        const shopper = await opens({ viewport, colorScheme: scheme, deviceScaleFactor: 2 });
        if (who !== undefined) await shopper.signIn(who);
        await shopper.page.evaluate(() => document.fonts.ready.then(() => undefined));
        return shopper;
      };
      const page = await bring({ stampede, arrive });
      await page.screenshot({ path: file(`out/${moment}-${name}.png`), animations: 'disabled' });
    });
  }
}

test('the picture that opens the README', async ({ browser }) => {
  const shots = ['upcoming-phone-light', 'buying-phone-dark', 'bought-phone-light'].map((name) => {
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
