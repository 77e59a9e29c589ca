import { instant } from '../../testing/sales';
import { isLastTenth, nextMoment, phaseAt } from './phase';

const sale = (phase: 'UPCOMING' | 'ACTIVE' | 'PAUSED' | 'SOLD_OUT' | 'ENDED', ends = true) => ({
  phase,
  startsAt: instant(1000),
  endsAt: ends ? instant(9000) : null,
});

describe('the phase now', () => {
  it.each([
    ['UPCOMING', 999, 'UPCOMING'],
    ['UPCOMING', 1000, 'ACTIVE'],
    ['PAUSED', 1000, 'PAUSED'],
    ['ACTIVE', 8999, 'ACTIVE'],
    ['ACTIVE', 9000, 'ENDED'],
    ['SOLD_OUT', 9000, 'ENDED'],
    ['ENDED', 2000, 'ENDED'],
  ] as const)('%s at %d is %s', (phase, now, then) => {
    expect(phaseAt(sale(phase), now)).toBe(then);
  });

  it('changes by the clock next at', () => {
    expect(nextMoment(sale('UPCOMING'), 0)).toBe(1000);
    expect(nextMoment(sale('ACTIVE'), 1000)).toBe(9000);
    expect(nextMoment(sale('ACTIVE', false), 1000)).toBeNull();
  });
});

it.each([
  [10, 100, true],
  [11, 100, false],
  [0, 100, false],
])('%d of %d is the last tenth: %s', (remaining, stock, last) => {
  expect(isLastTenth({ remaining, stock })).toBe(last);
});
