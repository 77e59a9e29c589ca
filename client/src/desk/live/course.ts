/** So many units had been sold at that time (ms). */
export interface Point {
  at: number;
  sold: number;
}

/** Units on sale from that time on. */
export interface Stocking {
  at: number;
  stock: number;
}

export interface Course {
  /** From one moment to the next, ms. */
  step: number;
  at: Date[];
  left: number[];
  /** The most units sold within one second that ended then, or since the moment before. */
  rate: number[];
}

export const SECOND = 1000;

/** More than a chart can show; beyond it every second point is let go. */
const MOST_POINTS = 2000;

/** Both together, in the order of time; of several with one number sold, the earliest. */
export function merge(points: readonly Point[], more: readonly Point[]): readonly Point[] {
  if (more.length === 0) return points;
  const sorted = [...points, ...more].sort((a, b) => a.sold - b.sold || a.at - b.at);
  const merged = sorted.filter((point, i) => point.sold !== sorted[i - 1]?.sold);
  if (merged.length <= MOST_POINTS) return merged;
  return merged.filter((_, i) => i % 2 === 0 || i === merged.length - 1);
}

/** How many had been sold at a time: between two points, in proportion. `points` in the order of time. */
export function soldBy(points: readonly Point[], at: number): number {
  const next = firstAfter(points, at);
  const [before, after] = [points[next - 1], points[next]];
  if (!before) return 0;
  if (!after) return before.sold;
  const part = (at - before.at) / (after.at - before.at);
  return before.sold + part * (after.sold - before.sold);
}

function firstAfter(points: readonly Point[], at: number): number {
  let [low, high] = [0, points.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((points[middle]?.at ?? Infinity) > at) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The most that was sold within one second that ended after `from` and by `to`. */
function fastestBetween(points: readonly Point[], from: number, to: number): number {
  const within = (end: number) => soldBy(points, end) - soldBy(points, end - SECOND);
  let most = within(to);
  // The fastest second begins with a point or ends with one.
  for (const { at } of points) {
    for (const end of [at, at + SECOND]) {
      if (end > from && end <= to) most = Math.max(most, within(end));
    }
  }
  return most;
}

/** The most that was sold in one second, from the first unit to the last. */
export function fastestOf(points: readonly Point[]): number {
  const sold = points.map((point) => {
    const before = point.sold - 1; // the second begins with this unit
    return soldBy(points, point.at + SECOND) - before;
  });
  return Math.floor(Math.max(0, ...sold));
}

/** How many were on sale at a time; `stockings` in any order. */
export function stockBy(stockings: readonly Stocking[], at: number, otherwise: number): number {
  let latest: Stocking | undefined;
  for (const stocking of stockings) {
    if (stocking.at <= at && (!latest || stocking.at >= latest.at)) latest = stocking;
  }
  return latest?.stock ?? otherwise;
}

/** The course of a sale between two times, in `steps` equal steps. */
export function courseOf(
  points: readonly Point[],
  stockings: readonly Stocking[],
  stock: number,
  [from, to]: readonly [number, number],
  steps = 120,
): Course {
  const first = stockings.reduce<Stocking | undefined>(
    (earliest, each) => (earliest && earliest.at <= each.at ? earliest : each),
    undefined,
  );
  const step = (to - from) / steps;
  const course: Course = { step, at: [], left: [], rate: [] };
  for (let i = 0; i <= steps; i++) {
    const at = from + i * step;
    const sold = soldBy(points, at);
    course.at.push(new Date(at));
    course.left.push(Math.round(stockBy(stockings, at, first?.stock ?? stock) - sold));
    course.rate.push(fastestBetween(points, at - step, at));
  }
  return course;
}

const MINUTE = 60_000;
const LIVE_WINDOW_MS = 10 * MINUTE;

/** What the desk shows while a sale is on: the last ten minutes, or since it opened, a minute at the least. */
export function liveWindow(startsAt: number, now: number): [number, number] {
  const from = Math.max(startsAt, now - LIVE_WINDOW_MS);
  return [Math.min(from, now - MINUTE), now];
}

/** What is shown of a sale that is over: from its first unit to its last, with a little room around. */
export function wholeWindow(points: readonly Point[]): [number, number] | null {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return null;
  const room = Math.max((last.at - first.at) * 0.04, 500);
  return [first.at - room, last.at + room];
}
