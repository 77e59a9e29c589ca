import { defineConfig } from '@playwright/test';
import config from './playwright.config';

/** Pictures, not tests: `make screens`. */
export default defineConfig(config, { testDir: 'screens' });
