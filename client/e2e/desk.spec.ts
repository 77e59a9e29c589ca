import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { expect, LANGUAGES, numeral, signIn, speaks, test } from './desk';

test('two operators: who comes second is told who was faster, and overwrites nothing', async ({
  sitsDown,
  stampede,
}) => {
  await stampede.schedule(50);
  const mona = await sitsDown('mona');
  const tim = await sitsDown('tim');

  await tim.getByRole('button', { name: 'Restock' }).click();
  await tim.getByRole('textbox', { name: 'Units to add' }).fill('7');
  await expect(tim.getByText('The sale will have 57 units, 57 of them left.')).toBeVisible();
  await mona.getByRole('button', { name: 'Pause' }).click();
  await mona.getByRole('button', { name: 'Pause it' }).click();
  await expect(mona.getByRole('listitem').filter({ hasText: 'mona paused it' })).toBeVisible();

  await tim.getByRole('button', { name: 'Add them' }).click();
  const conflict = tim.getByRole('dialog', { name: 'Somebody was faster' });
  await expect(conflict).toContainText('mona');
  await expect(conflict).toContainText('paused it');
  await conflict.getByRole('button', { name: 'Look again' }).click();
  await expect(numeral(tim, 'Remaining')).toHaveText('50');

  await tim.getByRole('button', { name: 'Restock' }).click();
  await tim.getByRole('textbox', { name: 'Units to add' }).fill('7');
  await tim.getByRole('button', { name: 'Add them' }).click();
  await expect(numeral(tim, 'Remaining')).toHaveText('57');
  await expect(numeral(mona, 'Remaining')).toHaveText('57');
  await expect(mona.getByText('tim restocked it to 57 units')).toBeVisible();
});

test('a whole sale, run from the desk', async ({ sitsDown, stampede }) => {
  const page = await sitsDown('mona');
  await page.getByRole('link', { name: 'Schedule a sale' }).click();
  await page.getByRole('button', { name: 'Schedule it' }).click();
  await expect(page.getByText('Please fill this in.')).toHaveCount(2);
  await page.getByRole('textbox', { name: 'Name' }).fill('Borealis lamp');
  await page.getByRole('textbox', { name: 'Stock keeping unit' }).fill('BOREALIS-1');
  await page.getByRole('textbox', { name: 'Price' }).fill('1e3');
  await page.getByRole('textbox', { name: 'Units' }).fill('20');
  await page.getByLabel('Start').fill('2026-01-01T10:00:00');
  await page.getByRole('button', { name: 'Schedule it' }).click();
  await expect(page.getByText('A number with up to 4 digits after the point')).toBeVisible();
  await page.getByRole('textbox', { name: 'Price' }).fill('49.90');
  await page.getByRole('button', { name: 'Schedule it' }).click();

  await expect(page.getByRole('heading', { name: 'Borealis lamp' })).toBeVisible();
  await expect(numeral(page, 'Remaining')).toHaveText('20');
  const sale = page.url().split('/').at(-1) ?? '';
  for (const name of ['Ada', 'Bob', 'Cleo']) {
    expect(await stampede.buyAs(name, sale)).toBe('PurchaseSuccess');
  }
  expect(await stampede.buyAs('Ada', sale)).toBe('AlreadyPurchased');
  await expect(numeral(page, 'Remaining')).toHaveText('17');
  await expect(page.getByRole('row').filter({ hasText: 'this one' })).toBeVisible();

  await page.getByRole('link', { name: 'Purchases' }).click();
  await expect(page.getByText('3 purchases')).toBeVisible();
  await page.getByRole('textbox', { name: 'Search' }).fill('demo:B');
  await expect(page.getByText('1 purchase', { exact: true })).toBeVisible();
  await expect(page.getByRole('cell', { name: 'demo:Bob' })).toBeVisible();
  // What Chromium does without a screen: the picker of a file has nobody to ask.
  await page.evaluate(() => Object.assign(window, { showSaveFilePicker: undefined }));
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Export as CSV' }).click(),
  ]);
  const rows = (await readFile(await download.path(), 'utf8')).trim().split('\r\n');
  expect(rows).toHaveLength(4);
  expect(rows[1]).toMatch(/^1,demo:Ada,/);

  await page.getByRole('link', { name: 'Live' }).click();
  await page.getByRole('button', { name: 'End the sale' }).click();
  const end = page.getByRole('button', { name: 'End it for good' });
  await expect(end).toBeDisabled();
  await page.getByRole('textbox', { name: 'Name of the sale' }).fill('Borealis lamp');
  await end.click();
  await expect(page.getByText('This sale is over.')).toBeVisible();

  await page.getByRole('link', { name: 'Report' }).click();
  await expect(page.getByText('3 of 20 (15%)')).toBeVisible();
  await expect(page.getByText('€149.70')).toBeVisible();
  await expect(page.getByText('mona ended it, with 3 sold')).toBeVisible();
});

test('the chart’s scale is that of the fastest second, and of none before', async ({
  sitsDown,
  stampede,
}) => {
  const sale = await stampede.schedule(50);
  const page = await sitsDown('mona');
  const scale = page.locator('.lines > :last-child').locator('text');
  // Where nothing was sold, the line lies at the foot of a scale, not half way up.
  await expect(scale.filter({ hasText: /^1$/ })).toBeVisible();
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, i) => stampede.buyAs(`Guest ${i}`, sale)),
  );
  expect(new Set(answers)).toEqual(new Set(['PurchaseSuccess']));
  await expect(numeral(page, 'Remaining')).toHaveText('38');
  await stampede.end(sale);
  await page.getByRole('link', { name: 'Report' }).click();
  const most = page.locator('.facts > div').filter({ hasText: 'Most in one second' });
  await expect(most.locator('dd')).toHaveText(/^\d+ units?$/);
  const units = parseInt(await most.locator('dd').innerText());
  await expect(scale.filter({ hasText: /^0$/ })).toBeVisible();
  const highest = Math.max(...(await scale.allTextContents()).map(Number).filter(Number.isFinite));
  expect(highest).toBeGreaterThanOrEqual(units - 1);
  expect(highest).toBeLessThanOrEqual(2 * units);
});

test('who arrives finds the focus on the title, and the sale’s name in the tab', async ({
  comesIn,
  stampede,
}) => {
  await stampede.schedule(50);
  const page = await comesIn({ viewport: { width: 390, height: 780 } });
  const title = (name: string) => page.getByRole('heading', { name, level: 1 });
  await signIn(page, stampede.operator('mona'));
  await expect(title('Aurora lamp')).toBeFocused();
  await expect(page).toHaveTitle(/^Aurora lamp · .+ · Stampede desk$/);

  await page.getByRole('link', { name: 'Schedule a sale' }).click();
  await expect(title('Schedule a sale')).toBeFocused();
  await expect(page).toHaveTitle('Schedule a sale · Stampede desk');
  await page.getByRole('button', { name: 'Schedule it' }).click();
  const name = page.getByRole('textbox', { name: 'Name' });
  await expect(name).toBeFocused();
  await expect(name).toBeInViewport();
  await name.fill('Borealis lamp');
  await page.getByRole('textbox', { name: 'Stock keeping unit' }).fill('BOREALIS-1');
  await page.getByRole('textbox', { name: 'Units' }).fill('20');
  await page.getByRole('button', { name: 'Schedule it' }).click();
  await expect(title('Borealis lamp')).toBeFocused();
  await expect(title('Borealis lamp')).toBeInViewport();
  await expect(page).toHaveTitle(/^Borealis lamp/);

  // By the keys of the picker one goes on.
  const picker = page.getByRole('combobox', { name: 'Sale' });
  await picker.focus();
  await picker.selectOption({ label: await picker.locator('option').nth(1).innerText() });
  await expect(title('Aurora lamp')).toBeVisible();
  await expect(picker).toBeFocused();

  await page.reload();
  await expect(title('Aurora lamp')).toBeVisible();
  await expect(title('Aurora lamp')).not.toBeFocused();
});

test('half a time is not none: no sale loses its end by it, and none is scheduled without', async ({
  sitsDown,
  stampede,
}) => {
  const sale = await stampede.schedule(50);
  const page = await sitsDown('mona');
  const inputs: unknown[] = [];
  page.on('request', (request) => {
    const { operationName, variables } = (request.postDataJSON() ?? {}) as Asked;
    if (/^Desk(Res|S)chedule$/.test(operationName ?? '')) inputs.push(variables?.input);
  });
  await page.getByRole('button', { name: 'Reschedule' }).click();
  const dialog = page.getByRole('dialog');
  const move = dialog.getByRole('button', { name: 'Move it' });
  const end = dialog.getByLabel('End');
  const half = 'Please complete the day and the time.';
  await end.fill('2126-01-02T10:30:00');
  await expect(move).toBeEnabled();
  // The caret stands in the first part.
  await end.press('Delete');
  await expect(move).toBeDisabled();
  await expect(dialog.getByText(half)).toHaveCount(0);
  await dialog.getByRole('heading').click();
  await expect(end).toHaveAttribute('aria-invalid', 'true');
  await expect(dialog.getByText(half)).toBeVisible();
  await end.fill('2126-01-02T10:30:00');
  await expect(dialog.getByText(half)).toHaveCount(0);
  await move.click();
  await expect(dialog).toHaveCount(0);
  expect(inputs).toEqual([
    expect.objectContaining({ saleId: sale, endsAt: await page.evaluate(asInstant) }),
  ]);

  await page.getByRole('link', { name: 'Schedule a sale' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('Borealis lamp');
  await page.getByRole('textbox', { name: 'Stock keeping unit' }).fill('BOREALIS-1');
  await page.getByRole('textbox', { name: 'Units' }).fill('20');
  // From empty to half: the browser tells of no change.
  await page.getByLabel('End').press('1');
  await page.getByRole('button', { name: 'Schedule it' }).click();
  await expect(page.getByText(half)).toBeVisible();
  await expect(page.getByLabel('End')).toHaveAttribute('aria-invalid', 'true');
  expect(inputs).toHaveLength(1);
});

interface Asked {
  operationName?: string;
  variables?: { input?: unknown };
}

const asInstant = () => new Date('2126-01-02T10:30:00').toISOString();

/** What has the focus, by its name for a screen reader. */
const focused = (page: Page) =>
  page.evaluate(() => {
    const { activeElement: at } = document;
    const named = at?.getAttribute('aria-labelledby')?.split(' ')[0] ?? '';
    return (
      at?.getAttribute('aria-label') ??
      document.getElementById(named)?.textContent ??
      at?.textContent
    );
  });

/** Goes on by Tab until this has the focus; the names of all that it went through. */
async function tabTo(page: Page, name: string): Promise<(string | null | undefined)[]> {
  const passed: (string | null | undefined)[] = [];
  while (passed.length < 20) {
    await page.keyboard.press('Tab');
    passed.push(await focused(page));
    if (passed.at(-1) === name) return passed;
  }
  throw new Error(`Tab does not lead to ${name}, but to ${passed.join(', ')}`);
}

test('by keyboard alone: in the order of the page, into a dialog and back', async ({
  comesIn,
  stampede,
}) => {
  await stampede.schedule(50);
  const page = await comesIn();
  await expect(page.getByRole('textbox', { name: 'Access token' })).toBeFocused();
  await page.keyboard.insertText(stampede.operator('mona'));
  await tabTo(page, 'Sign in');
  await page.keyboard.press('Enter');
  await expect(numeral(page, 'Remaining')).toHaveText('50');
  await expect(page.getByRole('table')).toBeVisible();

  await page.reload();
  await expect(page.getByRole('table')).toBeVisible();
  expect(await tabTo(page, 'End the sale')).toEqual([
    ...['Stampede Desk', 'Sale', 'Schedule a sale', 'Language', 'Sign out'],
    ...['Live', 'Purchases', 'Report', 'Servers'],
    ...['Pause', 'Restock', 'Reschedule', 'End the sale'],
  ]);
  const ring = page.getByRole('button', { name: 'End the sale' });
  expect(await ring.evaluate((element) => getComputedStyle(element).outlineWidth)).toBe('3px');

  const pause = page.getByRole('button', { name: 'Pause', exact: true });
  const dialog = page.getByRole('dialog');
  await pause.focus();
  await page.keyboard.press('Enter');
  await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  await expect(pause).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused();
  expect(await tabTo(page, 'Pause it')).toEqual(['Pause it']);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Resume' })).toBeFocused();

  await tabTo(page, 'Restock');
  await page.keyboard.press('Enter');
  await expect(dialog.getByRole('textbox', { name: 'Units to add' })).toBeFocused();
  await page.keyboard.type('5');
  await page.keyboard.press('Enter');
  await expect(numeral(page, 'Remaining')).toHaveText('55');
  await expect(page.getByRole('button', { name: 'Restock' })).toBeFocused();

  await tabTo(page, 'End the sale');
  await page.keyboard.press('Enter');
  await expect(dialog.getByRole('textbox', { name: 'Name of the sale' })).toBeFocused();
  await page.keyboard.type('Aurora lamp');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('region', { name: 'Controls' })).toBeFocused();
  await expect(page.getByText('This sale is over.')).toBeVisible();
});

test('the report is one page in every language, and says how many changes it leaves out', async ({
  sitsDown,
  stampede,
}) => {
  const sale = await stampede.schedule(50);
  expect(await stampede.buyAs('Ada', sale)).toBe('PurchaseSuccess');
  expect(await stampede.buyAs('Bob', sale)).toBe('PurchaseSuccess');
  for (let i = 0; i < 11; i++) {
    await stampede.pause(sale);
    await stampede.resume(sale);
  }
  const page = await sitsDown('mona');
  await page.getByRole('link', { name: 'Report' }).click();
  await expect(page.getByRole('list', { name: 'Changes' }).getByRole('listitem')).toHaveCount(18);
  await expect(page.getByText('and 5 earlier changes')).toBeVisible();
  await expect(page.locator('.lines')).toBeVisible();
  for (const language of LANGUAGES) {
    await speaks(page, language);
    const paper = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
    expect(paper.match(/\/Type\s*\/Page\b/g), language).toHaveLength(1);
  }
});

test('who signs in is not told that there is no connection', async ({ stampede, comesIn }) => {
  await stampede.schedule(40);
  const page = await comesIn();
  await expect(page.getByRole('textbox', { name: 'Access token' })).toBeVisible();
  await page.evaluate(() => {
    const told = new Set<string>();
    Object.assign(window, { told });
    const look = () => told.add(document.querySelector('.line')?.textContent ?? '');
    const all = { childList: true, subtree: true, characterData: true };
    new MutationObserver(look).observe(document, all);
  });
  await signIn(page, stampede.operator('mona'));
  await expect(page.locator('.line')).toHaveText('Live');
  const told = await page.evaluate(() => [...(window as unknown as { told: Set<string> }).told]);
  expect(told.filter((words) => words.includes('No connection'))).toEqual([]);
});

test('without a connection the chart stands still, and does not show that nothing is sold', async ({
  stampede,
  comesIn,
}) => {
  await stampede.schedule(40);
  const page = await comesIn({ reducedMotion: 'reduce' });
  await page.clock.install();
  await page.reload();
  await signIn(page, stampede.operator('mona'));
  await expect(page.locator('.line')).toHaveText('Live');
  const lines = page.locator('.lines');
  await expect(lines).toBeVisible();
  await page.context().setOffline(true);
  await expect(page.locator('.stale')).toBeVisible();
  // The chart learns of it in a moment of its own, and may have gone on by a second meanwhile; then no more.
  let before = '';
  const stillAfterTenSeconds = async () => {
    before = await lines.innerHTML();
    await page.clock.runFor(10_000);
    return (await lines.innerHTML()) === before;
  };
  await expect.poll(stillAfterTenSeconds).toBe(true);
  await page.context().setOffline(false);
  await expect(page.locator('.line')).toHaveText('Live');
  await page.clock.runFor(2000);
  await expect.poll(() => lines.innerHTML()).not.toBe(before);
});
