import type { Page } from '@playwright/test';
import { findings } from './axe';
import { moments } from './moments';
import { expect, test } from './story';

// Every state, in every language: nothing for axe to find in light and dark, nothing cut off, nothing out of the window.

const LANGUAGES = ['en', 'de', 'fr', 'es', 'ja', 'zh-Hans', 'hi', 'ar'];
const WINDOWS = [
  { width: 390, height: 844 },
  { width: 320, height: 640 },
  { width: 900, height: 700 },
  { width: 1280, height: 800 },
  { width: 667, height: 375 },
  { width: 932, height: 430 },
];

for (const [moment, bring] of Object.entries(moments)) {
  test(`${moment}: in every language and theme`, async ({ stampede, opens }) => {
    const shopper = await bring({ stampede, opens, options: { reducedMotion: 'reduce' } });
    const { page } = shopper;
    const wrong: string[] = [];
    for (const language of LANGUAGES) {
      await shopper.speaks(language);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        for (const found of await findings(page))
          wrong.push(`${language} ${colorScheme}: ${found}`);
      }
      for (const viewport of WINDOWS) {
        await page.setViewportSize(viewport);
        for (const place of await page.evaluate(cutOff))
          wrong.push(`${language} ${viewport.width}: ${place}`);
      }
      await page.setViewportSize({ width: 390, height: 844 });
    }
    expect(wrong).toEqual([]);
  });
}

test('every stock fits, in every language, in a box that keeps its size', async ({
  stampede,
  arrives,
}) => {
  test.slow();
  const wrong: string[] = [];
  const ada = await arrives('Ada', { reducedMotion: 'reduce' });
  for (const opensInMs of [-1000, 3 * 60_000])
    for (const stock of [999, 1200, 10_000, 250_000, 100_000_000]) {
      await stampede.schedule(stock, opensInMs);
      await ada.page.reload();
      await ada.sees(opensInMs < 0 ? 'active' : 'upcoming');
      for (const language of LANGUAGES) {
        await ada.speaks(language);
        for (const viewport of [...WINDOWS, { width: 1440, height: 900 }]) {
          await ada.page.setViewportSize(viewport);
          for (const place of await ada.page.evaluate(cutOff))
            wrong.push(`${stock} ${language} ${viewport.width}: ${place}`);
        }
      }
    }
  expect(wrong).toEqual([]);
});

test('a name of one long word stays in the window', async ({ stampede, arrives }) => {
  await stampede.schedule(100, -1000, { name: `Lamp of the ${'north'.repeat(30)}` });
  const ada = await arrives('Ada');
  for (const viewport of WINDOWS) {
    await ada.page.setViewportSize(viewport);
    expect(await ada.page.evaluate(cutOff), String(viewport.width)).toEqual([]);
  }
});

test('on a phone on its side nothing is behind the notch, in either direction of writing', async ({
  stampede,
  arrives,
}) => {
  const NOTCH = 59;
  await stampede.schedule(100);
  const ada = await arrives('Ada', { viewport: { width: 852, height: 393 } });
  const browser = await ada.page.context().newCDPSession(ada.page);
  const insets = { left: NOTCH, right: NOTCH, bottom: 21 };
  await browser.send('Emulation.setSafeAreaInsetsOverride', { insets });
  for (const language of ['en', 'ar']) {
    await ada.speaks(language);
    for (const part of ['.brand', '.header select', '.picture', '.about h1', '.status', '.buy']) {
      const box = await ada.page.locator(part).boundingBox();
      if (!box) throw new Error(`${part} is missing`);
      // The list of languages has air of its own around its words.
      const air = part === '.header select' ? 8 : 0;
      expect(box.x, `${language} ${part}`).toBeGreaterThanOrEqual(NOTCH - air);
      expect(box.x + box.width, `${language} ${part}`).toBeLessThanOrEqual(852 - NOTCH + air);
    }
    expect(await ada.page.evaluate(cutOff), language).toEqual([]);
  }
});

for (const moment of ['signed-out', 'active', 'busy', 'unknown', 'bought', 'sold-out-signed-out'])
  test(`${moment}: at twice the size on a phone nothing leaves the window, or its place`, async ({
    stampede,
    opens,
  }) => {
    const options = { reducedMotion: 'reduce' as const };
    const shopper = await moments[moment]?.({ stampede, opens, options });
    if (!shopper) throw new Error(`no moment ${moment}`);
    const { page } = shopper;
    await page.setViewportSize({ width: 195, height: 422 });
    const wrong: string[] = [];
    for (const language of LANGUAGES) {
      await shopper.speaks(language);
      // The box may grow here: it scrolls with the page.
      for (const place of await page.evaluate(cutOff))
        if (!place.startsWith('the box')) wrong.push(`${language}: ${place}`);
      for (const words of await page.locator('.buy > span').all()) {
        const [text, button] = [
          await words.boundingBox(),
          await page.locator('.buy').boundingBox(),
        ];
        if ((text?.height ?? 0) > (button?.height ?? 0))
          wrong.push(`${language}: "${await words.innerText()}" is taller than its button`);
      }
      for (const field of await page.getByRole('textbox').all())
        if (((await field.boundingBox())?.width ?? 0) < 120)
          wrong.push(`${language}: no room for a name`);
    }
    expect(wrong).toEqual([]);
  });

test('on a phone no sentence ends with a word alone in its last line', async ({
  stampede,
  opens,
}) => {
  const wrong: string[] = [];
  for (const moment of ['signed-out', 'upcoming', 'open-for-days', 'ended', 'none']) {
    const shopper = await moments[moment]?.({ stampede, opens, options: {} });
    if (!shopper) throw new Error(`no moment ${moment}`);
    for (const language of ['en', 'de', 'fr', 'es', 'hi', 'ar']) {
      await shopper.speaks(language);
      for (const width of [320, 390]) {
        await shopper.page.setViewportSize({ width, height: 640 });
        for (const words of await shopper.page.evaluate(aloneAtTheEnd))
          wrong.push(`${moment} ${language} ${width}: ${words}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});

for (const stock of [1000, 10_000_000])
  test(`nothing moves while the number falls from ${stock}`, async ({ stampede, arrives }) => {
    const sale = await stampede.schedule(stock);
    const ada = await arrives('Ada');
    const format = new Intl.NumberFormat('en-GB');
    const places = async (left: number) => {
      await ada.reads(`${format.format(left)} of ${format.format(stock)} left`);
      const [numeral, words] = [ada.truth.locator('.numeral'), ada.truth.locator('.of')];
      const [number, of] = [await numeral.boundingBox(), await words.boundingBox()];
      return { number: [number?.x, number?.y, number?.height], of };
    };
    const before = await places(stock);
    await stampede.buyAs('Guest', sale);
    expect(await places(stock - 1)).toEqual(before);
  });

for (const viewport of WINDOWS.slice(0, 2))
  test(`words keep apart for a reader who spaces them out, ${viewport.width} wide`, async ({
    stampede,
    opens,
  }) => {
    // https://www.w3.org/WAI/WCAG22/Understanding/text-spacing
    const content = `* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }
    p { margin-block-end: 2em !important }`;
    const wrong: string[] = [];
    for (const moment of ['signed-out', 'upcoming', 'unknown', 'bought', 'sold-out']) {
      const options = { reducedMotion: 'reduce' as const, viewport };
      const shopper = await moments[moment]?.({ stampede, opens, options });
      if (!shopper) throw new Error(`no moment ${moment}`);
      const { page } = shopper;
      await page.evaluate((text) => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(text);
        document.adoptedStyleSheets.push(sheet);
      }, content);
      for (const language of ['en', 'de', 'fr', 'ar']) {
        await shopper.speaks(language);
        const found = await page.evaluate(cutOff);
        // The box may grow here, and what stands above it can still be scrolled to.
        for (const place of found.filter((place) => !place.startsWith('the box')))
          wrong.push(`${moment} ${language}: ${place}`);
        const hidden = await page.evaluate(() => {
          window.scrollTo(0, document.documentElement.scrollHeight);
          const last = document.querySelector('.about')?.lastElementChild;
          const box = document.querySelector('.truth-box');
          if (!last || !box) throw new Error('the page has no truth');
          return last.getBoundingClientRect().bottom - box.getBoundingClientRect().top;
        });
        if (hidden > 0) wrong.push(`${moment} ${language}: the box hides ${hidden} px`);
      }
    }
    expect(wrong).toEqual([]);
  });

test('where the reader’s colours take the place of ours, the button and the stock keep an edge', async ({
  stampede,
  arrives,
}) => {
  const sale = await stampede.schedule(100);
  const ada = await arrives('Ada', { forcedColors: 'active' });
  await expect(ada.buyButton).toHaveAttribute('aria-disabled', 'false');
  /** What the browser makes of one of the reader's colours. */
  const shade = (name: string) =>
    ada.page.evaluate((color) => {
      const probe = document.body.appendChild(document.createElement('i'));
      probe.style.color = color;
      const shade = getComputedStyle(probe).color;
      probe.remove();
      return shade;
    }, name);
  const [ink, text, grey] = [
    await shade('ButtonText'),
    await shade('CanvasText'),
    await shade('GrayText'),
  ];
  await expect(ada.buyButton).toHaveCSS('border', `2px solid ${ink}`);
  await expect(ada.page.getByRole('combobox')).toHaveCSS('appearance', 'auto');
  const meter = ada.page.getByRole('meter');
  await expect(meter).toHaveCSS('border', `1px solid ${text}`);
  await expect(meter.locator('> *')).toHaveCSS('background-color', text);
  await stampede.pause(sale);
  await ada.sees('paused');
  expect(grey).not.toBe(ink);
  await expect(ada.buyButton).toHaveCSS('border', `2px solid ${grey}`);
  await expect(ada.buyButton).toHaveCSS('color', grey);
});

/** Sentences of several lines of which the last one is a single word. */
function aloneAtTheEnd(): string[] {
  const sentences = document.querySelectorAll('.truth :is(.headline, .line, .note, .plate)');
  return [...sentences].flatMap((sentence) => {
    const text = document.createTreeWalker(sentence, NodeFilter.SHOW_TEXT).nextNode();
    const words = [...(text?.textContent?.matchAll(/\S+/g) ?? [])];
    const lines = words.map(({ 0: word, index }) => {
      const range = document.createRange();
      range.setStart(text as Text, index);
      range.setEnd(text as Text, index + word.length);
      return range.getBoundingClientRect().bottom;
    });
    const last = lines.filter((line) => line === lines.at(-1)).length;
    return last === 1 && lines.length > 1 ? [sentence.textContent] : [];
  });
}

/** What does not fit: a box that grew, rows of it that reach into the next, texts wider than their place. */
function cutOff(): string[] {
  const wrong: string[] = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) wrong.push(`the page is ${root.scrollWidth} wide`);
  const rows = [...document.querySelectorAll('section[data-state] > *')];
  const box = document.querySelector<HTMLElement>('section[data-state]');
  const [height, least] = box
    ? [box.offsetHeight, parseFloat(getComputedStyle(box).minHeight)]
    : [];
  if (height === undefined || least === undefined || height > least)
    wrong.push(`the box is ${height} tall, not ${least}`);
  rows.forEach((row, i) => {
    const end =
      rows[i + 1]?.getBoundingClientRect().top ?? box?.getBoundingClientRect().bottom ?? 0;
    const { top } = row.getBoundingClientRect();
    for (const part of [row, ...row.querySelectorAll('p, div, button, h2')]) {
      const { top: from, bottom: to } = part.getBoundingClientRect();
      if (part.textContent && (to > end + 0.5 || from < top - 0.5))
        wrong.push(`"${part.textContent}" is too tall`);
      if (part.scrollWidth > part.clientWidth + 1) wrong.push(`"${part.textContent}" is too wide`);
    }
  });
  return wrong;
}

test('is dressed, and its policy has nothing to refuse', async ({ stampede, opens }) => {
  await stampede.schedule(100);
  const ada = await opens({}, (context) =>
    context.addInitScript(() => {
      const refused: string[] = [];
      Object.assign(window, { refused });
      document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
        refused.push(`${violatedDirective}: ${blockedURI}`),
      );
    }),
  );
  await ada.signIn('Ada');
  await expect(ada.buyButton).toHaveAttribute('aria-disabled', 'false');
  await expect(ada.buyButton).toHaveCSS('border-radius', '14px');
  expect(
    await ada.page.evaluate(() => (window as unknown as { refused: string[] }).refused),
  ).toEqual([]);
});

test('the words of the page are those of the browser, then of the shopper’s choice', async ({
  stampede,
  opens,
}) => {
  await stampede.schedule(100);
  const nadia = await opens({ locale: 'ar-EG' });
  const html = nadia.page.locator('html');
  await expect(html).toHaveAttribute('dir', 'rtl');
  await nadia.reads('مباشر');
  await nadia.speaks('fr');
  await expect(html).toHaveAttribute('dir', 'ltr');
  await nadia.page.reload();
  await nadia.reads('En direct');
  await expect(html).toHaveAttribute('lang', 'fr');
});

test('on paper there is the receipt and nothing else', async ({ stampede, arrives }) => {
  await stampede.schedule(100);
  const ada = await arrives('Ada');
  await ada.buys();
  await ada.page.emulateMedia({ media: 'print' });
  await expect(ada.truth).toBeHidden();
  const receipt: Page = ada.page;
  const paper = receipt.getByRole('article');
  await expect(paper).toContainText('Aurora lamp');
  await expect(paper).toContainText('1 of 100');
  await expect(paper).toContainText('€49.90');
  await expect(paper).toContainText('demo:Ada');
});

test('on paper, without a receipt, there is the page without what can be pressed', async ({
  stampede,
  arrives,
}) => {
  const description = 'A shade of hand-blown glass, like the last hour of the day.'.repeat(20);
  await stampede.schedule(100, -1000, { description });
  const ada = await arrives('Ada', { colorScheme: 'dark' });
  await ada.sees('active');
  await ada.page.emulateMedia({ media: 'print' });
  for (const viewport of [
    { width: 718, height: 1046 },
    { width: 1046, height: 718 },
  ]) {
    await ada.page.setViewportSize(viewport);
    const words = await ada.page.locator('.description').boundingBox();
    const box = await ada.page.locator('.truth').boundingBox();
    const end = (words?.y ?? 0) + (words?.height ?? 0);
    expect(end, 'nothing is behind the block').toBeLessThanOrEqual(box?.y ?? 0);
  }
  await expect(ada.page.getByRole('heading', { name: 'Aurora lamp' })).toBeVisible();
  await expect(ada.truth).toContainText('100 of 100 left');
  await expect(ada.truth).toBeVisible();
  const ink = ada.page.getByRole('heading', { name: 'Aurora lamp' });
  for (const words of [ink, ada.truth.locator('.numeral')])
    await expect(words).toHaveCSS('color', 'rgb(0, 0, 0)');
  for (const pressed of [ada.buyButton, ada.page.getByRole('combobox')])
    await expect(pressed).toBeHidden();
});
