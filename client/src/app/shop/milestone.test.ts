import { milestone, type Moment } from './milestone';

const upcoming = (left: number): Moment => ({
  truth: { kind: 'upcoming', left },
  sale: { remaining: 100, stock: 100 },
  problem: null,
});
const inPhase = (kind: 'active' | 'paused' | 'buying', problem: string | null = null): Moment => ({
  truth: { kind },
  sale: { remaining: 100, stock: 100 },
  problem,
});
const active = (remaining: number): Moment => ({
  ...inPhase('active'),
  sale: { remaining, stock: 100 },
});

describe('what is worth saying', () => {
  it.each<[string, Moment | null, Moment, ReturnType<typeof milestone>]>([
    ['on arrival, how long', null, upcoming(754_000), { say: 'opensIn', ms: 754_000 }],
    ['a tick is silent', upcoming(50_000), upcoming(49_000), null],
    ['the last minute', upcoming(60_400), upcoming(59_900), { say: 'opensIn', ms: 60_000 }],
    ['ten seconds', upcoming(10_500), upcoming(9_990), { say: 'opensIn', ms: 10_000 }],
    ['open', upcoming(900), active(100), { say: 'active' }],
    ['one unit less is silent', active(80), active(79), null],
    ['half', active(51), active(50), { say: 'left', remaining: 50 }],
    ['a tenth, also in a leap', active(49), active(4), { say: 'left', remaining: 4 }],
    ['a restock is silent', active(4), active(80), null],
    ['a refusal', inPhase('buying'), inPhase('active', 'No.'), { say: 'refused', problem: 'No.' }],
    [
      'a refusal is no news again after a pause',
      inPhase('paused', 'No.'),
      inPhase('active', 'No.'),
      { say: 'active' },
    ],
  ])('%s', (_name, before, after, said) => {
    expect(milestone(before, after)).toEqual(said);
  });
});
