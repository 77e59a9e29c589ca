import '@testing-library/jest-dom/vitest';
import { cleanup, configure } from '@testing-library/react';
import { words } from '../app/words';
import { initLanguage } from '../shared/i18n/i18n';
import { closeShops } from './shop';
import { server } from './server';

await initLanguage(words, 'en');

// A wait ends when what it waits for is there: the limit is for a busy machine.
configure({ asyncUtilTimeout: 4000 });

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterEach(async () => {
  cleanup();
  await closeShops();
  server.resetHandlers();
  localStorage.clear();
});
afterAll(() => server.close());
