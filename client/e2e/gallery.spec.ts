import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { createServer, type ViteDevServer } from 'vite';
import { moments as deskMoments } from './desk-moments';
import { moments } from './moments';
import { expect, test as story } from './story';

// The galleries of states, which are there for whoever builds the pages and not in what is shipped.

const CLIENT = fileURLToPath(new URL('..', import.meta.url));

const test = story.extend<object, { vite: ViteDevServer }>({
  vite: [
    // Playwright wants a destructured object here, and nothing of it is needed.
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const server = { host: '127.0.0.1', port: 0, proxy: {} };
      const vite = await createServer({ root: CLIENT, logLevel: 'error', server });
      await vite.listen();
      await use(vite);
      await vite.close();
    },
    { scope: 'worker', timeout: 60_000 },
  ],
});

/** What the browser complains of. */
function complaints(page: Page): string[] {
  const heard: string[] = [];
  page.on('pageerror', (error) => heard.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') heard.push(message.text());
  });
  return heard;
}

const galleries = {
  '/gallery': Object.keys(moments),
  '/desk/gallery': Object.keys(deskMoments),
};

for (const [address, wanted] of Object.entries(galleries)) {
  test(`${address}: every state stands there without an error`, async ({ context, page, vite }) => {
    test.setTimeout(60_000 + 1_000 * wanted.length); // each is built when it is first asked for
    const home = new URL(address, vite.resolvedUrls?.local[0]).href;
    const wrong = complaints(page);
    await page.goto(home);
    const links = page.getByRole('navigation').getByRole('link');
    await expect(links.first()).toBeVisible();
    const states = await links.allTextContents();
    expect(states).toEqual(expect.arrayContaining(wanted));
    const visit = async () => {
      const tab = await context.newPage();
      const wrong = complaints(tab);
      for (let state = states.shift(); state !== undefined; state = states.shift()) {
        await tab.goto(`${home}/${state}`);
        await expect(tab.locator('html'), state).toHaveAttribute('data-gallery', 'ready');
        await expect(tab.locator('main'), state).toBeVisible();
        expect(wrong, state).toEqual([]);
      }
    };
    await Promise.all([visit(), visit(), visit()]);
    expect(wrong).toEqual([]);
  });
}

test('what is shipped carries no gallery', async ({ page, stampede }) => {
  const shipped = await readdir(`${CLIENT}dist`, { recursive: true });
  expect(shipped).toContain('desk.html');
  expect(shipped.filter((name) => name.includes('gallery'))).toEqual([]);
  for (const name of shipped.filter((file) => /\.(js|css|html)$/.test(file))) {
    const text = await readFile(`${CLIENT}dist/${name}`, 'utf8');
    expect(text.includes('data-gallery') || text.includes('.gallery='), name).toBe(false);
    expect(text.includes('the gallery waits for'), name).toBe(false);
  }
  await page.goto(`${stampede.url}/gallery/active`);
  await expect(page.locator('section[data-state]')).toBeVisible();
  await expect(page.locator('[data-gallery]')).toHaveCount(0);
  await page.goto(`${stampede.url}/desk/gallery`);
  await expect(page.getByRole('textbox', { name: 'Access token' })).toBeVisible();
});
