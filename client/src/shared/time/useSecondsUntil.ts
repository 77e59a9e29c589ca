import { useEffect, useState } from 'react';

const LOOK_MS = 250;
const secondsUntil = (moment: number) => Math.max(0, Math.ceil((moment - Date.now()) / 1000));

/** Whole seconds until a moment, the last one begun included; 0 from then on. */
export function useSecondsUntil(moment: number): number {
  const [left, setLeft] = useState(() => secondsUntil(moment));
  const over = left === 0;
  useEffect(() => {
    if (over) return;
    const timer = setInterval(() => setLeft(secondsUntil(moment)), LOOK_MS);
    return () => clearInterval(timer);
  }, [moment, over]);
  return left;
}
