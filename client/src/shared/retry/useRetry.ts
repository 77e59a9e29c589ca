import { useEffect, useMemo, useSyncExternalStore } from 'react';
import { Retry } from './retry';

export interface Asking {
  /** The last attempt failed; the next one comes by itself. */
  failed: boolean;
  /** Asks now; resolves with the attempt, however it ends. */
  ask: () => Promise<void>;
}

/**
 * Asks `question` when told to, and again after a failure for as long as the component lives. Another function is another
 * question: it comes from `useCallback`. A query is best asked by `client.query` and shown by `useQuery` with
 * `cache-only`: then nothing that is under way holds up what the cache learns.
 */
export function useRetry(question: () => Promise<unknown>): Asking {
  const retry = useMemo(() => new Retry(question), [question]);
  useEffect(() => retry.stop, [retry]);
  const failed = useSyncExternalStore(retry.subscribe, retry.failed);
  return { failed, ask: retry.ask };
}
