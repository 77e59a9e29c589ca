import type { LaunchOptions } from '@playwright/test';
import { findChromium } from '../scripts/chromium.mjs';
import beWhereItIsNoon from '../noon';

beWhereItIsNoon();

const executablePath = findChromium();
if (!executablePath) {
  throw new Error(
    'The end-to-end tests need Chromium: install it with your package manager, or set CHROMIUM to its path.',
  );
}

// Chromium's sandbox refuses to work for root; the rest keeps it from talking to anybody but the server.
const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];

export const launchOptions: LaunchOptions = {
  executablePath,
  args: [
    ...sandbox,
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
};
