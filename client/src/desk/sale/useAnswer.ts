import { useEffect } from 'react';
import { useConnection } from '../../shared/connection/connection';
import { type Asking, useRetry } from '../../shared/retry/useRetry';

/**
 * Asks `question` at once, again whenever the line comes back to life, for something may have been missed, and again after
 * a failure until there is an answer. What is shown meanwhile comes from the cache.
 */
export function useAnswer(question: () => Promise<unknown>): Asking {
  const asking = useRetry(question);
  const { ask } = asking;
  const life = Math.max(1, useConnection().lives); // the first one misses nothing
  useEffect(() => void ask(), [ask, life]);
  return asking;
}
