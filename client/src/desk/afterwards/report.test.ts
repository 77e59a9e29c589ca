import { paceOf, times } from './report';

describe('the report', () => {
  it('says how fast it went', () => {
    const points = [
      { at: 1000, sold: 1 },
      { at: 2000, sold: 101 },
      { at: 2500, sold: 201 },
      { at: 9000, sold: 250 },
    ];
    expect(paceOf(points)).toEqual({
      first: 1000,
      last: 9000,
      span: 8000,
      half: 1500,
      fastest: 104,
    });
    expect(paceOf([])).toBeNull();
    expect(paceOf([{ at: 5, sold: 1 }])).toEqual({
      first: 5,
      last: 5,
      span: 0,
      half: 0,
      fastest: 1,
    });
  });

  it('counts the best second, however short the rush was', () => {
    const burst = [
      { at: 1000, sold: 1 },
      { at: 1100, sold: 500 },
      { at: 5000, sold: 501 },
    ];
    expect(paceOf(burst)?.fastest).toBe(500);
  });

  it('reckons money exactly', () => {
    expect(times('49.90', 100)).toBe('4990.00');
    expect(times('0.1', 3)).toBe('0.3');
    expect(times('0.05', 1)).toBe('0.05');
    expect(times('12', 1_000_000)).toBe('12000000');
    expect(times('999999999999.9999', 100_000_000)).toBe('99999999999999990000.0000');
  });
});
