import { act, renderHook, waitFor } from '@testing-library/react';
import type { ReactNode } from 'react';
import { Session, SessionContext } from '../../features/session/session';
import { createKeep } from '../../shared/storage/storage';
import { useExport } from './exportCsv';

const session = new Session(createKeep(() => window.sessionStorage));
const wrapper = ({ children }: { children: ReactNode }) => (
  <SessionContext value={session}>{children}</SessionContext>
);

/** A file without an end, as `fetch` gives it: it breaks off when it is aborted. */
const endless = (signal: AbortSignal) =>
  new ReadableStream({
    start: (rows) => {
      rows.enqueue(new TextEncoder().encode('1,Ada\r\n'));
      signal.addEventListener('abort', () => rows.error(signal.reason));
    },
  });

it('ends with the page that it was started on, and leaves no file behind', async () => {
  const abandoned = vi.fn(() => Promise.resolve());
  const closed = vi.fn(() => Promise.resolve());
  const write = vi.fn(() => Promise.resolve());
  const file = { write, close: closed, abort: abandoned };
  vi.stubGlobal('showSaveFilePicker', () =>
    Promise.resolve({ createWritable: () => Promise.resolve(file) }),
  );
  vi.stubGlobal('fetch', (_url: string, { signal }: { signal: AbortSignal }) =>
    Promise.resolve(new Response(endless(signal))),
  );
  const { result, unmount } = renderHook(() => useExport('sale_1'), { wrapper });
  await act(async () => {
    void result.current.start();
    await vi.waitFor(() => expect(write).toHaveBeenCalled());
  });
  unmount();
  await waitFor(() => expect(abandoned).toHaveBeenCalled());
  expect(closed).not.toHaveBeenCalled();
});
