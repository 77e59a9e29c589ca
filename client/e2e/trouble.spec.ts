import { expect, signal, test } from './story';

// What goes wrong in a rush, with a real browser, a real server, and real ends of both.

test('opens on time with a clock that is ten minutes wrong', async ({ stampede, opens }) => {
  const WRONG_MS = 10 * 60_000;
  const sale = await stampede.schedule(100, 5 * 60_000);
  const late = await opens({}, async (context) => {
    await context.addInitScript((wrong) => {
      const now = Date.now.bind(Date);
      Date.now = () => now() - wrong;
      const { timeOrigin } = performance;
      Object.defineProperty(performance, 'timeOrigin', { get: () => timeOrigin - wrong });
    }, WRONG_MS);
  });
  await late.signIn('Late');
  await late.sees('upcoming');
  await expect(late.page.getByRole('timer')).toHaveText(/^04:[45]\d$/);
  const opensAt = Date.now() + 5000;
  await stampede.opensIn(sale, 5000);
  await expect(late.page.getByRole('timer')).toHaveText(/^00:0\d$/);
  await late.sees('active');
  expect(Date.now()).toBeGreaterThanOrEqual(opensAt - 50);
  await late.buys();
});

test('the server dies with the answer in its hand; the page finds out', async ({
  stampede,
  arrives,
}) => {
  const sale = await stampede.schedule(100);
  const ada = await arrives('Ada');
  await ada.sees('active');
  let purchases = 0;
  await ada.page.route('**/graphql', async (route) => {
    if (!route.request().postData()?.includes('mutation Buy')) return route.continue();
    if (++purchases > 1) return route.continue();
    await route.fetch(); // bought, and committed
    await stampede.crash();
    return route.abort('connectionreset'); // but nobody was told
  });
  await ada.buyButton.click();
  await ada.sees('unknown');
  await ada.reads('Finding out whether it went through…');
  await ada.page.reload({ waitUntil: 'commit' }).catch(() => undefined); // and the shopper loses patience
  await stampede.returns();
  await ada.page.goto(stampede.url);
  await ada.sees('bought');
  await ada.reads('You are number 1 of 100.');
  expect(await stampede.buyAs('Ada', sale)).toBe('AlreadyPurchased');
});

test('the server restarts while somebody is buying; the same wish goes through once', async ({
  stampede,
  arrives,
}) => {
  const sale = await stampede.schedule(100);
  const ada = await arrives('Ada');
  await ada.sees('active');
  await stampede.crash();
  await ada.buyButton.click();
  await ada.sees('unknown');
  await stampede.returns();
  await ada.sees('bought');
  await ada.reads('You are number 1 of 100.');
  await ada.reads(/Bought at/);
  expect(await stampede.buyAs('Bob', sale)).toBe('PurchaseSuccess');
  await ada.reads('Live');
});

test('thirty seconds without a network: says so, and catches up by itself', async ({
  stampede,
  opens,
}) => {
  const sale = await stampede.schedule(100);
  const ada = await opens({}, (context) => context.clock.install());
  await ada.signIn('Ada');
  await ada.reads('100 of 100 left');
  await ada.page.context().setOffline(true);
  await ada.reads(/No connection\. Last seen \d/);
  expect(await stampede.buyAs('Bob', sale)).toBe('PurchaseSuccess');
  await ada.page.clock.runFor(30_000);
  await ada.reads('100 of 100 left');
  await ada.reads(/No connection/);
  await ada.page.context().setOffline(false);
  await ada.reads('99 of 100 left');
  await ada.reads('Live');
  await ada.buys();
});

test('two tabs of one shopper: what one buys, both know', async ({ stampede, arrives }) => {
  await stampede.schedule(100);
  const first = await arrives('Ada');
  const second = await first.opensAnotherTab();
  await second.sees('active');
  await first.buys();
  await second.sees('bought');
  await second.reads('You are number 1 of 100.');
  await second.page.getByRole('button', { name: 'Sign out' }).click();
  await expect(first.page.getByRole('textbox', { name: 'Your name' })).toBeVisible();
});

test('both tabs press at once: one unit', async ({ stampede, arrives }) => {
  await stampede.schedule(100);
  const first = await arrives('Ada');
  const second = await first.opensAnotherTab();
  await second.sees('active');
  // Nothing is sent before both have pressed: else the second may hear that it has bought, and has nothing to press.
  const bothPressed = signal();
  let sent = 0;
  await first.page.context().route('**/graphql', async (route) => {
    if (!route.request().postData()?.includes('mutation Buy')) return route.continue();
    sent++;
    await bothPressed.given;
    return route.continue();
  });
  await Promise.all([first.buyButton.click(), second.buyButton.click()]);
  bothPressed.give();
  await first.sees('bought');
  await second.sees('bought');
  await first.reads('You are number 1 of 100.');
  await second.reads('You are number 1 of 100.');
  expect(sent).toBe(2);
  await first.page.reload();
  await expect(first.page.getByRole('meter')).toHaveAttribute('aria-valuenow', '99');
});

test('a token runs out in the middle: the page says what to do, and the wish is kept', async ({
  stampede,
  opens,
}) => {
  await stampede.schedule(100);
  const token = stampede.tokenFor('demo:Ada', 6000);
  const ada = await opens({}, (context) =>
    context.addInitScript((given) => {
      if (sessionStorage.getItem('given')) return;
      sessionStorage.setItem('given', 'yes');
      localStorage.setItem('stampede.token', given);
    }, token),
  );
  const name = ada.page.getByRole('textbox', { name: 'Your name' });
  const keys: unknown[] = [];
  // The first does not reach the server before the token has run out.
  const ranOut = signal();
  await ada.page.route('**/graphql', async (route) => {
    if (!route.request().postData()?.includes('mutation Buy')) return route.continue();
    const { variables } = route.request().postDataJSON() as {
      variables: { input: { idempotencyKey: string } };
    };
    keys.push(variables.input.idempotencyKey);
    await ranOut.given;
    return route.continue();
  });
  await ada.buyButton.click();
  await ada.sees('buying');
  await expect(name).toBeVisible();
  ranOut.give();
  await ada.signIn('Ada');
  await ada.sees('bought'); // and nobody pressed again
  expect(new Set(keys).size).toBe(1);
  expect(keys).toHaveLength(2);
});

test('on a slow network, who presses "Sign in" sees that it was pressed', async ({
  stampede,
  opens,
}) => {
  await stampede.schedule(100);
  const { page, buyButton } = await opens({ reducedMotion: 'reduce' });
  const answered = signal();
  await page.route('**/graphql', async (route) => {
    if (route.request().postData()?.includes('mutation SignIn')) await answered.given;
    return route.continue();
  });
  const button = page.getByRole('button', { name: 'Sign in' });
  const shade = () => button.evaluate((element) => getComputedStyle(element).backgroundColor);
  await page.getByRole('textbox', { name: 'Your name' }).fill('Ada');
  await button.hover();
  const before = await shade();
  await button.click();
  await expect(button).toHaveAttribute('aria-disabled', 'true');
  expect(await shade()).not.toBe(before);
  answered.give();
  await expect(buyButton).toHaveAttribute('aria-disabled', 'false');
});

test('by keyboard alone, and heard', async ({ stampede, opens }) => {
  await stampede.schedule(2);
  const { page, truth, ...ada } = await opens();
  const tab = async (role: 'textbox' | 'button', name: RegExp) => {
    const target = page.getByRole(role, { name });
    for (let i = 0; i < 8; i++) {
      if (await target.evaluate((element) => element === document.activeElement)) return target;
      await page.keyboard.press('Tab');
    }
    throw new Error(`Tab does not lead to ${name}`);
  };
  await tab('textbox', /Your name/);
  await page.keyboard.type('Ada');
  await page.keyboard.press('Enter');
  await expect(ada.buyButton).toHaveAttribute('aria-disabled', 'false');
  await expect(ada.buyButton).toBeFocused();
  expect(await ada.buyButton.evaluate((element) => getComputedStyle(element).outlineWidth)).toBe(
    '3px',
  );
  const said = page.locator('[aria-live=polite]');
  await page.keyboard.press('Enter');
  await expect(truth).toHaveAttribute('data-state', 'bought');
  await expect(said).toHaveText('It’s yours. You are number 1 of 2.');
  await expect(page.getByRole('button', { name: 'Print' })).toBeFocused();
});

test('without JavaScript: says what it takes, in the shopper’s language', async ({
  stampede,
  opens,
}) => {
  await stampede.schedule(100);
  for (const [locale, words] of [
    ['en-GB', 'Buying needs JavaScript.'],
    ['de-DE', 'Kaufen geht nur mit JavaScript.'],
  ] as const) {
    const { page } = await opens({ javaScriptEnabled: false, locale });
    const said = page.locator('noscript p'); // whose text `getByText` does not look at
    await expect(said).toBeVisible();
    await expect(said).toContainText(words);
    await expect(page.locator('.late')).toBeHidden();
  }
});

for (const reducedMotion of ['no-preference', 'reduce'] as const)
  test(`the script does not arrive, motion ${reducedMotion}: says so after a while, and loads again`, async ({
    stampede,
    opens,
  }) => {
    await stampede.schedule(100);
    const script = '**/assets/shop-*.js';
    const { page } = await opens({ reducedMotion }, (context) =>
      context.route(script, (route) => route.abort('connectionreset')),
    );
    const words = page.getByRole('status').getByText('Part of this page has not arrived yet.');
    await expect(words).toBeAttached();
    await expect(words, 'it may only be late').toBeHidden();
    // Eight seconds later.
    await page.evaluate(() => document.getAnimations().forEach((waiting) => waiting.finish()));
    await expect(words).toBeVisible();
    await expect(page.locator('noscript')).toBeHidden();
    await page.context().unroute(script);
    await page.getByRole('link', { name: 'Load again' }).click();
    await expect(page.locator('section[data-state="active"]')).toBeVisible();
    await expect(words).toHaveCount(0);
  });
