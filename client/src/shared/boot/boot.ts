/** What the server wrote into `<script id="boot" type="application/json">`; nothing, where that is not understood. */
export function readBoot(page: Document): Readonly<Record<string, unknown>> {
  const text = page.getElementById('boot')?.textContent;
  if (!text) return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** Whether this is a demo shop, where anybody signs in and the server prints an operator's token. */
export const isDemo = (boot: Readonly<Record<string, unknown>>): boolean =>
  boot.demoSignIn === true;
