/** What the server says to the page, once, in the page itself. */
export interface Config {
  /** Shoppers sign in by a name of their choice. */
  readonly demoSignIn: boolean;
}

const fallback: Config = { demoSignIn: false };

/** Reads `<script id="boot" type="application/json">`; whatever it does not understand is off. */
export function readConfig(page: Document): Config {
  const text = page.getElementById('boot')?.textContent;
  if (!text) return fallback;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return fallback;
    return { demoSignIn: 'demoSignIn' in value && value.demoSignIn === true };
  } catch {
    return fallback;
  }
}
