import { expect, test } from './story';

// What there is to say of a product can be read in every window, and the button is in view meanwhile.

test('on a low laptop the button is in view, whatever there is to say', async ({
  stampede,
  arrives,
}) => {
  await stampede.schedule(100, -1000, {
    name: 'Aurora lamp, the anniversary edition in amber',
    description: 'A shade of hand-blown glass, like the last hour of the day.'.repeat(6),
  });
  const ada = await arrives('Ada', { viewport: { width: 1366, height: 600 } });
  for (const viewport of [
    { width: 1366, height: 600 },
    { width: 1366, height: 640 },
    { width: 1366, height: 650 },
    { width: 1366, height: 665 },
    { width: 1280, height: 720 },
    { width: 1440, height: 789 },
  ]) {
    await ada.page.setViewportSize(viewport);
    await ada.page.evaluate(() => window.scrollTo(0, 0));
    await expect(ada.buyButton, String(viewport.height)).toBeInViewport({ ratio: 1 });
  }
});

test('in a low window on a laptop, a long name leaves two lines to the description', async ({
  stampede,
  arrives,
}) => {
  await stampede.schedule(100, -1000, {
    name: 'Aurora lamp, the anniversary edition in amber',
    description: 'A shade of hand-blown glass, and a light like the last hour of the day.',
  });
  const ada = await arrives('Ada', { viewport: { width: 1366, height: 640 } });
  const description = ada.page.locator('.description');
  for (const height of [640, 665, 699, 700, 720, 759, 760, 789]) {
    await ada.page.setViewportSize({ width: 1366, height });
    const end = await description.evaluate((element) => element.getBoundingClientRect().bottom);
    const box = await ada.page.locator('.truth').boundingBox();
    expect(end, String(height)).toBeLessThanOrEqual(box?.y ?? 0);
    await expect(ada.buyButton, String(height)).toBeInViewport({ ratio: 1 });
  }
});

test('on a phone all of a description can be read, behind a button that stays', async ({
  stampede,
  arrives,
}) => {
  const paragraph = 'A shade of hand-blown glass, like the last hour of the day. '.repeat(4);
  await stampede.schedule(100, -1000, {
    description: [paragraph, paragraph, 'Made by hand.'].join('\n'),
  });
  const ada = await arrives('Ada', { viewport: { width: 390, height: 844 } });
  const description = ada.page.locator('.description');
  for (const viewport of [
    { width: 390, height: 844 },
    { width: 390, height: 664 },
    { width: 320, height: 568 },
    { width: 768, height: 1024 },
  ]) {
    const { width, height } = viewport;
    const where = `${width} x ${height}`;
    await ada.page.setViewportSize(viewport);
    await ada.page.evaluate(() => window.scrollTo(0, 0));
    const picture = await ada.page.locator('.picture').boundingBox();
    const price = await ada.page.locator('.price').boundingBox();
    const box = await ada.page.locator('.truth-box').boundingBox();
    if (!picture || !price || !box) throw new Error(`${where}: something is missing`);
    // What is read first stays where it was: the picture has its room, and the price is above the box.
    expect(picture.height, where).toBeGreaterThanOrEqual(Math.min(width - 40, height - 664, 200));
    expect(price.y + price.height, where).toBeLessThanOrEqual(box.y);
    // A line of it says that there is something to read.
    const begins = await description.evaluate((element) => element.getBoundingClientRect().top);
    expect(begins + 24, where).toBeLessThanOrEqual(box.y);
    expect(await description.evaluate(hiddenPart), where).toBe(0);
    await ada.page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
    const end = await description.evaluate((element) => element.getBoundingClientRect().bottom);
    expect(end, where).toBeLessThanOrEqual(box.y);
    expect(await ada.page.locator('.truth-box').boundingBox(), where).toEqual(box);
    await expect(ada.buyButton, where).toBeInViewport({ ratio: 1 });
  }
});

test('on a desktop, and on a phone on its side, all of a description can be read, behind or beside a button that stays', async ({
  stampede,
  arrives,
}) => {
  const paragraph = 'A shade of hand-blown glass, like the last hour of the day. '.repeat(5);
  const description = [paragraph, paragraph, 'Made by hand.'].join('\n');
  await stampede.schedule(100, -1000, { description });
  const ada = await arrives('Ada', { viewport: { width: 1280, height: 800 } });
  const words = ada.page.locator('.description');
  /** From where to where the description can be seen. */
  const seen = () =>
    words.evaluate((element) => {
      const box = document.querySelector('.truth')?.getBoundingClientRect();
      const { left, right, top, bottom } = element.getBoundingClientRect();
      const behind = box && box.left < right && left < box.right;
      return { top, bottom, end: behind ? box.top : window.innerHeight };
    });
  for (const viewport of [
    { width: 1280, height: 800 },
    { width: 1440, height: 900 },
    { width: 1366, height: 640 },
    { width: 1366, height: 600 },
    { width: 932, height: 430 },
    { width: 844, height: 390 },
    { width: 667, height: 375 },
  ]) {
    const where = `${viewport.width} x ${viewport.height}`;
    await ada.page.setViewportSize(viewport);
    await ada.page.evaluate(() => window.scrollTo(0, 0));
    await expect(ada.page.locator('.price'), where).toBeInViewport({ ratio: 1 });
    await expect(ada.buyButton, where).toBeInViewport({ ratio: 1 });
    const box = await ada.page.locator('.truth-box').boundingBox();
    const first = await seen();
    // A line of it says that there is something to read.
    expect(first.end - first.top, where).toBeGreaterThanOrEqual(24);
    expect(await words.evaluate(hiddenPart), where).toBe(0);
    await ada.page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
    const last = await seen();
    expect(last.bottom, where).toBeLessThanOrEqual(last.end);
    expect(await ada.page.locator('.truth-box').boundingBox(), where).toEqual(box);
    await expect(ada.buyButton, where).toBeInViewport({ ratio: 1 });
  }
});

test('a page that fits its window has nothing to scroll', async ({ stampede, arrives }) => {
  await stampede.schedule(100);
  const ada = await arrives('Ada');
  for (const viewport of [
    { width: 1280, height: 800 },
    { width: 1366, height: 640 },
    { width: 844, height: 390 },
    { width: 390, height: 844 },
  ]) {
    await ada.page.setViewportSize(viewport);
    const height = await ada.page.evaluate(() => document.documentElement.scrollHeight);
    expect(height, String(viewport.width)).toBe(viewport.height);
  }
});

test('in a window too small for a block that stays, the description comes last', async ({
  stampede,
  arrives,
}) => {
  const description = 'A shade of hand-blown glass, like the last hour of the day.'.repeat(5);
  await stampede.schedule(100, -1000, { description });
  const ada = await arrives('Ada');
  for (const viewport of [
    { width: 568, height: 320 },
    { width: 195, height: 422 },
  ]) {
    const where = `${viewport.width} x ${viewport.height}`;
    await ada.page.setViewportSize(viewport);
    const words = await ada.page.locator('.description').boundingBox();
    const box = await ada.page.locator('.truth-box').boundingBox();
    if (!words || !box) throw new Error(`${where}: something is missing`);
    expect(words.y, where).toBeGreaterThanOrEqual(box.y + box.height);
    expect(await ada.page.locator('.description').evaluate(hiddenPart), where).toBe(0);
  }
});

/** So many pixels of a text are cut off. */
const hiddenPart = (element: HTMLElement) => element.scrollHeight - element.clientHeight;
