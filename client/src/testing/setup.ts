import '@testing-library/jest-dom/vitest';
import { cleanup } from '@testing-library/react';
import { initLanguage } from '../app/i18n';
import { closeShops } from './shop';
import { server } from './server';

initLanguage('en');

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterEach(async () => {
  cleanup();
  await closeShops();
  server.resetHandlers();
  localStorage.clear();
});
afterAll(() => server.close());
