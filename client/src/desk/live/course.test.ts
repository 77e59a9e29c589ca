import { courseOf, fastestOf, liveWindow, merge, soldBy, stockBy, wholeWindow } from './course';

const points = [
  { at: 1000, sold: 1 },
  { at: 2000, sold: 11 },
  { at: 4000, sold: 31 },
];

describe('the course of a sale', () => {
  it('knows how many were sold at any time', () => {
    expect(soldBy(points, 999)).toBe(0);
    expect(soldBy(points, 1000)).toBe(1);
    expect(soldBy(points, 1500)).toBe(6);
    expect(soldBy(points, 9000)).toBe(31);
    expect(soldBy([], 1000)).toBe(0);
  });

  it('takes up what is heard, once, whatever the order', () => {
    const heard = [
      { at: 5000, sold: 31 },
      { at: 4500, sold: 40 },
      { at: 3000, sold: 21 },
    ];
    expect(merge(points, heard).map(({ sold }) => sold)).toEqual([1, 11, 21, 31, 40]);
    expect(merge(points, heard).find(({ sold }) => sold === 31)?.at).toBe(4000);
  });

  it('stays small, and keeps the newest', () => {
    const many = Array.from({ length: 2001 }, (_, i) => ({ at: i, sold: i + 1 }));
    const kept = merge([], many);
    expect(kept.length).toBeLessThanOrEqual(1001);
    expect(kept.at(-1)?.sold).toBe(2001);
  });

  it('follows the restocks', () => {
    const stockings = [
      { at: 3000, stock: 60 },
      { at: 0, stock: 50 },
    ];
    expect(stockBy(stockings, 2999, 0)).toBe(50);
    expect(stockBy(stockings, 3000, 0)).toBe(60);
    expect(stockBy([], 0, 7)).toBe(7);
    const course = courseOf(points, stockings, 60, [1000, 4000], 3);
    expect(course.left).toEqual([49, 39, 39, 29]);
    expect(course.rate).toEqual([1, 10, 10, 10]);
  });

  it.each([
    ['a hundredth of a second', 0.01],
    ['half a second', 0.5],
    ['a second', 1],
    ['seven seconds', 7],
    ['a minute', 60],
  ])('rises to the most that was sold in one second, in steps of %s', (_, seconds) => {
    const rush = [
      { at: 61_000, sold: 1 },
      { at: 61_100, sold: 40 },
      { at: 61_900, sold: 50 },
      { at: 75_000, sold: 51 },
    ];
    const { step, rate } = courseOf(rush, [], 100, [62_000 - 120_000 * seconds, 62_000]);
    expect(step).toBe(seconds * 1000);
    expect(fastestOf(rush)).toBe(50);
    expect(Math.floor(Math.max(...rate))).toBe(50);
  });

  it('shows ten minutes at the most, and a minute at the least', () => {
    expect(liveWindow(0, 3_600_000)).toEqual([3_000_000, 3_600_000]);
    expect(liveWindow(3_590_000, 3_600_000)).toEqual([3_540_000, 3_600_000]);
    expect(liveWindow(3_300_000, 3_600_000)).toEqual([3_300_000, 3_600_000]);
    expect(wholeWindow([])).toBeNull();
    expect(wholeWindow(points)).toEqual([500, 4500]);
  });
});
