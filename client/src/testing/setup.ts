import '@testing-library/jest-dom/vitest';
import { cleanup } from '@testing-library/react';
import { words } from '../app/words';
import { initLanguage } from '../shared/i18n/i18n';
import { closeShops } from './shop';
import { server } from './server';

await initLanguage(words, 'en');

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterEach(async () => {
  cleanup();
  await closeShops();
  server.resetHandlers();
  localStorage.clear();
});
afterAll(() => server.close());
