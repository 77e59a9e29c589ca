import { createContext, useContext, useEffect, useState } from 'react';
import { ServerClock } from './clock';

export const ClockContext = createContext<ServerClock>(new ServerClock());

export const useServerClock = (): ServerClock => useContext(ClockContext);

/** Milliseconds until a countdown to `moment` shows its next second, or null when nothing will change. */
export function untilNextTick(now: number, moment: number): number | null {
  const left = moment - now;
  if (left <= 0) return null;
  return Math.ceil(left % 1000) || 1000;
}

/**
 * The server's time, fresh on every second of a countdown to `moment` and at `moment` itself.
 * Without a moment to come it rests.
 */
export function useServerNow(moment: number | null): number {
  const clock = useServerClock();
  const [now, setNow] = useState(clock.now);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tick = () => {
      clearTimeout(timer);
      const at = clock.now();
      setNow(at);
      const wait = moment === null ? null : untilNextTick(at, moment);
      if (wait !== null) timer = setTimeout(tick, wait);
    };
    tick();
    const unsubscribe = clock.subscribe(tick);
    document.addEventListener('visibilitychange', tick);
    return () => {
      clearTimeout(timer);
      unsubscribe();
      document.removeEventListener('visibilitychange', tick);
    };
  }, [clock, moment]);
  return now;
}
