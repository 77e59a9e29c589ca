/** What operators type, read. */

/** A whole number, 1 or more, in the digits of any language; null for anything else. */
export function wholeNumber(typed: string): number | null {
  const digits = typed.trim().replace(/[٠-٩]/g, (digit) => String(digit.charCodeAt(0) - 0x0660));
  if (!/^\d{1,10}$/.test(digits)) return null;
  const value = Number(digits);
  return value >= 1 && value <= 2 ** 31 - 1 ? value : null;
}

/** An instant as a datetime-local field shows it: this computer's time, to the second. */
export function localOf(instant: string | number): string {
  const at = new Date(instant);
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19);
}

/** What stands in such a field, as an instant; null when it is empty or none. */
export function instantOf(local: string): string | null {
  const at = new Date(local);
  return local === '' || Number.isNaN(at.getTime()) ? null : at.toISOString();
}

export const timeZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;
