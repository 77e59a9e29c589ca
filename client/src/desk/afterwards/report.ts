import { fastestOf, type Point } from '../live/course';

export interface Pace {
  first: number;
  last: number;
  /** From the first unit to the last, ms. */
  span: number;
  /** Until half of what was sold was sold, ms. */
  half: number;
  /** The most that was sold in one second. */
  fastest: number;
}

/** How fast it went; null when nothing was sold. */
export function paceOf(points: readonly Point[]): Pace | null {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return null;
  const half = points.find(({ sold }) => sold * 2 >= last.sold) ?? last;
  return {
    first: first.at,
    last: last.at,
    span: last.at - first.at,
    half: half.at - first.at,
    fastest: fastestOf(points),
  };
}

/** A decimal amount times a count, as a decimal: money is not reckoned in floating point. */
export function times(amount: string, count: number): string {
  const [whole = '0', fraction = ''] = amount.split('.');
  const units = BigInt(whole + fraction) * BigInt(count);
  const digits = units.toString().padStart(fraction.length + 1, '0');
  if (fraction === '') return digits;
  return `${digits.slice(0, -fraction.length)}.${digits.slice(-fraction.length)}`;
}
