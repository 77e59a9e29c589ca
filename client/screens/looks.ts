import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';

/** In what every state is photographed: window × theme × language. */
const windows = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } };
const schemes = ['light', 'dark'] as const;
const languages = ['en', 'ar', 'ja'];

export const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Those of `moments` that are wanted: MOMENTS=active,bought takes those only. */
export function wantedOf<T>(moments: Record<string, T>): [string, T][] {
  const wanted = process.env.MOMENTS?.split(',');
  return Object.entries(moments).filter(([name]) => wanted?.includes(name) ?? true);
}

/** Takes every look of what stands on the page; `speaks` is how that page changes its language. */
export async function photograph(
  page: Page,
  name: string,
  speaks: (language: string) => Promise<void>,
  fullPage = false,
): Promise<void> {
  for (const language of languages) {
    await speaks(language);
    await page.evaluate(() => document.fonts.ready.then(() => undefined));
    for (const [window, viewport] of Object.entries(windows)) {
      await page.setViewportSize(viewport);
      for (const colorScheme of schemes) {
        await page.emulateMedia({ colorScheme });
        const path = file(`out/${name}-${window}-${colorScheme}-${language}.png`);
        await page.screenshot({ path, animations: 'disabled', caret: 'hide', fullPage });
      }
    }
  }
}
