import { useCallback, useEffect, useRef, useState } from 'react';
import { useSession } from '../../features/session/session';

export type ExportState =
  { kind: 'idle' } | { kind: 'running'; size: number } | { kind: 'failed' } | { kind: 'busy' };

interface SaveTarget {
  write: (chunk: Uint8Array<ArrayBuffer>) => Promise<void>;
  done: () => Promise<void>;
  abandon: () => Promise<void>;
}

type Picker = (options: { suggestedName: string }) => Promise<{
  createWritable: () => Promise<{
    write: (chunk: Uint8Array<ArrayBuffer>) => Promise<void>;
    close: () => Promise<void>;
    abort: () => Promise<void>;
  }>;
}>;

/** Streams to a file where the browser lets a page do that; elsewhere the file is put together and then saved. */
async function openTarget(name: string): Promise<SaveTarget> {
  const picker = (window as { showSaveFilePicker?: Picker }).showSaveFilePicker;
  if (picker) {
    const file = await (await picker({ suggestedName: name })).createWritable();
    return {
      write: (chunk) => file.write(chunk),
      done: () => file.close(),
      abandon: () => file.abort(),
    };
  }
  const parts: Uint8Array<ArrayBuffer>[] = [];
  return {
    write: (chunk) => {
      parts.push(chunk);
      return Promise.resolve();
    },
    done: () => {
      const url = URL.createObjectURL(new Blob(parts, { type: 'text/csv' }));
      Object.assign(document.createElement('a'), { href: url, download: name }).click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
      return Promise.resolve();
    },
    abandon: () => Promise.resolve(),
  };
}

/**
 * The token travels in a header, so the page fetches the file itself; what breaks off is not saved as if it were whole.
 * Who leaves the page, or signs out, has given up.
 */
export function useExport(saleId: string) {
  const { token } = useSession();
  const [state, setState] = useState<ExportState>({ kind: 'idle' });
  const running = useRef<AbortController>(undefined);
  const stop = useCallback(() => running.current?.abort(), []);
  useEffect(() => stop, [stop]);
  const start = async () => {
    const abort = new AbortController();
    running.current = abort;
    let target: SaveTarget | undefined;
    try {
      target = await openTarget(`${saleId}_purchases.csv`);
      setState({ kind: 'running', size: 0 });
      const response = await fetch(`/sales/${encodeURIComponent(saleId)}/purchases.csv`, {
        headers: { Authorization: `Bearer ${token}` },
        signal: abort.signal,
      });
      if (!response.ok || !response.body) {
        setState({ kind: response.status === 503 ? 'busy' : 'failed' });
        await target.abandon();
        return;
      }
      await copy(response.body, target, (size) => setState({ kind: 'running', size }));
      await target.done();
      setState({ kind: 'idle' });
    } catch (error) {
      await target?.abandon().catch(() => undefined);
      const gaveUp =
        abort.signal.aborted || (error instanceof DOMException && error.name === 'AbortError');
      setState({ kind: gaveUp ? 'idle' : 'failed' });
    }
  };
  return { state, start, stop };
}

async function copy(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  target: SaveTarget,
  tell: (size: number) => void,
): Promise<void> {
  const reader = body.getReader();
  let size = 0;
  let told = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    await target.write(value);
    size += value.byteLength;
    if (size - told < 500_000) continue;
    told = size;
    tell(size);
  }
}
