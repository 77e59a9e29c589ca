import { defineConfig } from '@playwright/test';
import { launchOptions } from './e2e/browser';

export default defineConfig({
  testDir: 'e2e',
  // One server and one browser on a small machine: stories one after the other.
  workers: 1,
  fullyParallel: false,
  forbidOnly: Boolean(process.env.CI),
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: 'list',
  use: {
    browserName: 'chromium',
    locale: 'en-GB',
    trace: 'retain-on-failure',
    launchOptions,
  },
});
