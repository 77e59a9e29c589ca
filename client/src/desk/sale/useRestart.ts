import { useCallback, useEffect, useRef } from 'react';
import { fullJitter } from '../../shared/time/wait';

const RESTART_BASE_MS = 1000;
const LONGEST_WAIT_MS = 10_000;

/** What to do when the server has ended a subscription: begin again, later each time, until `heard` is called. */
export function useRestart() {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const attempt = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  const heard = useCallback(() => {
    attempt.current = 0;
  }, []);
  const again = useCallback((restart: () => void) => {
    clearTimeout(timer.current);
    const wait = fullJitter(attempt.current++, LONGEST_WAIT_MS, RESTART_BASE_MS);
    timer.current = setTimeout(restart, wait);
  }, []);
  return { heard, again };
}
