/** Everything with a number in it, said the way of a language. */
export interface Format {
  number(value: number): string;
  money(amount: string, currencyCode: string): string;
  /** 18:00 */
  time(at: number): string;
  /** 18:02:11 */
  timeWithSeconds(at: number): string;
  /** Saturday, 22 November */
  day(at: number): string;
  /** 22 November 2026 */
  fullDay(at: number): string;
  /** Sat 22 Nov */
  shortDay(at: number): string;
  /** 0.034 seconds, 4.2 seconds, 3 minutes, 2 hours, 5 days */
  span(ms: number): string;
  /** 00:14, 04:12:33 */
  countdown(ms: number): string;
  /** 3 days */
  days(count: number): string;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export function createFormat(language: string): Format {
  const numbers = (options?: Intl.NumberFormatOptions) =>
    once(() => new Intl.NumberFormat(language, options));
  const times = (options: Intl.DateTimeFormatOptions) =>
    once(() => new Intl.DateTimeFormat(language, options));
  const unit = (name: string, digits = 0) =>
    numbers({
      style: 'unit',
      unit: name,
      unitDisplay: 'long',
      maximumFractionDigits: digits,
    })();

  const number = numbers();
  const twoDigits = numbers({ minimumIntegerDigits: 2, useGrouping: false });
  const time = times({ hour: '2-digit', minute: '2-digit' });
  const seconds = times({ timeStyle: 'medium' });
  const day = times({ weekday: 'long', day: 'numeric', month: 'long' });
  const fullDay = times({ dateStyle: 'long' });
  const shortDay = times({ weekday: 'short', day: 'numeric', month: 'short' });
  return {
    number: (value) => number().format(value),
    money: (amount, currency) => numbers({ style: 'currency', currency })().format(Number(amount)),
    time: (at) => time().format(at),
    timeWithSeconds: (at) => seconds().format(at),
    day: (at) => day().format(at),
    fullDay: (at) => fullDay().format(at),
    shortDay: (at) => shortDay().format(at),
    span: (ms) => {
      // What took its moment did not take "0 seconds".
      if (ms < SECOND / 10) return unit('second', 3).format(ms / SECOND);
      if (ms < MINUTE) return unit('second', 1).format(ms / SECOND);
      if (ms < HOUR) return unit('minute').format(ms / MINUTE);
      if (ms < 2 * DAY) return unit('hour', 1).format(ms / HOUR);
      return unit('day').format(ms / DAY);
    },
    countdown: (ms) =>
      clockParts(ms)
        .map((part) => twoDigits().format(part))
        .join(':'),
    days: (count) => unit('day').format(count),
  };
}

/** A formatter takes a phone a millisecond or two to make, the first one far longer, and a page asks for few of them. */
function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/** Minutes and seconds, with hours in front when there are any; a second begun is a second left. */
export function clockParts(ms: number): number[] {
  const left = Math.max(0, Math.ceil(ms / SECOND));
  const parts = [Math.floor(left / 60) % 60, left % 60];
  const hours = Math.floor(left / 3600);
  return hours > 0 ? [hours, ...parts] : parts;
}

export function sameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}
