import { useEffect, useState } from 'react';
import { useConnection } from './connection';

/** A line that breaks and heals at once, as on sign-in, is not worth a word. */
const GRACE_MS = 1200;

/** Whether the line is lost, and has been for more than a moment. */
export function useLost(): boolean {
  const { status } = useConnection();
  return useLasting(status === 'lost', GRACE_MS);
}

/** True once `value` has been true for `ms` without a break. */
function useLasting(value: boolean, ms: number): boolean {
  const [lasting, setLasting] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLasting(value), value ? ms : 0);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return value && lasting;
}
