/** What operators type, read. */

/** Units that a sale may have. */
export const MOST_UNITS = 100_000_000;
/** Characters that a description may have. */
export const LONGEST_DESCRIPTION = 2000;

/** The zeros of the digits that our languages type: Arabic, Persian, Devanagari, full width. */
const ZEROS = [0x0660, 0x06f0, 0x0966, 0xff10];

function latinDigits(typed: string): string {
  return typed.trim().replace(/\p{Nd}/gu, (digit) => {
    const zero = ZEROS.find(
      (code) => digit.charCodeAt(0) - code >= 0 && digit.charCodeAt(0) - code <= 9,
    );
    return zero === undefined ? digit : String(digit.charCodeAt(0) - zero);
  });
}

/** A whole number, 1 or more, in the digits of any of our languages; null for anything else. */
export function wholeNumber(typed: string): number | null {
  const digits = latinDigits(typed);
  if (!/^\d{1,10}$/.test(digits)) return null;
  const value = Number(digits);
  return value >= 1 && value <= 2 ** 31 - 1 ? value : null;
}

/**
 * An amount as the server reads it, with a point. Half of our languages write a comma there: before one or two digits it
 * can be nothing else. Before three it may part thousands, and is left for the server to refuse.
 */
export function amountOf(typed: string): string {
  return latinDigits(typed).replace(/^(\d+)[,٫](\d{1,2})$/, '$1.$2');
}

/** What stands in a datetime-local field of which a part is missing: neither a time nor none. */
export const HALF = 'half';

/** An instant as a datetime-local field shows it: this computer's time, to the second. */
export function localOf(instant: string | number): string {
  const at = new Date(instant);
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19);
}

/** What stands in such a field, as an instant; null when it is empty, half or none. */
export function instantOf(local: string): string | null {
  const at = new Date(local);
  return local === '' || Number.isNaN(at.getTime()) ? null : at.toISOString();
}

export const timeZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;
