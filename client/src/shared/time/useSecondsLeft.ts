import { useEffect, useState } from 'react';

/** Whole seconds left of a wait of `ms` that began when this was first shown. */
export function useSecondsLeft(ms: number): number {
  const [left, setLeft] = useState(() => Math.ceil(ms / 1000));
  useEffect(() => {
    const timer = setInterval(() => setLeft((seconds) => Math.max(1, seconds - 1)), 1000);
    return () => clearInterval(timer);
  }, []);
  return left;
}
