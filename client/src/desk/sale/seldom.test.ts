import { seldom } from './seldom';

it('asks one at a time, and not again for a while', async () => {
  let now = 0;
  const answers: (() => void)[] = [];
  const ask = vi.fn(() => new Promise<void>((resolve) => answers.push(resolve)));
  const refresh = seldom(ask, 2000, () => now);
  const first = refresh();
  now = 10_000;
  expect(refresh()).toBe(first); // still under way
  answers[0]?.();
  await first;
  const second = refresh();
  answers[1]?.();
  await second;
  now = 11_999;
  for (let i = 0; i < 20; i++) void refresh();
  expect(ask).toHaveBeenCalledTimes(2);
  now = 12_000;
  void refresh();
  expect(ask).toHaveBeenCalledTimes(3);
});
