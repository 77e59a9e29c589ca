import { clockParts, createFormat } from './format';

describe('numbers and times', () => {
  const en = createFormat('en-GB');
  const de = createFormat('de');

  it('counts down to zero, not past it', () => {
    expect(en.countdown(14_000)).toBe('00:14');
    expect(en.countdown(13_001)).toBe('00:14');
    expect(en.countdown(15_153_000)).toBe('04:12:33');
    expect(en.countdown(-5)).toBe('00:00');
    expect(clockParts(3_600_000)).toEqual([1, 0, 0]);
  });

  it('says money and spans the way of the language', () => {
    expect(en.money('49.90', 'EUR')).toBe('€49.90');
    expect(de.money('49.90', 'EUR')).toMatch(/^49,90\s€$/);
    expect(en.span(4200)).toBe('4.2 seconds');
    expect(de.span(4200)).toBe('4,2 Sekunden');
    expect(en.span(34)).toBe('0.034 seconds');
    expect(en.span(0)).toBe('0 seconds');
    expect(en.span(64_200)).toBe('1 minute');
    expect(en.span(3 * 86_400_000)).toBe('3 days');
  });
});
