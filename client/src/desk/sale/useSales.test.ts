import { choices } from './useSales';

it('leaves out none that can still be run, and of those that are over only the oldest', () => {
  const ended = Array.from({ length: 250 }, (_, n) => ({ n, phase: 'ENDED' }) as const);
  const open = [
    { n: 250, phase: 'PAUSED' },
    { n: 251, phase: 'UPCOMING' },
  ] as const;
  const kept = choices([open[0], ...ended, open[1]]).map(({ n }) => n);
  expect(kept).toEqual([250, ...Array.from({ length: 200 }, (_, i) => 50 + i), 251]);
});
