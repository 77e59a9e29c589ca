/** A random part of a wait that doubles with every attempt: many clients, no second stampede. */
export function fullJitter(attempt: number, capMs: number, baseMs = 500): number {
  return Math.random() * Math.min(capMs, baseMs * 2 ** Math.min(attempt, 20));
}

/** Resolves after `ms`, or sooner when the network or the shopper comes back. */
export function waitOrReturn(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      window.removeEventListener('online', done);
      document.removeEventListener('visibilitychange', changed);
      resolve();
    };
    const changed = () => {
      if (!document.hidden) done();
    };
    const timer = setTimeout(done, ms);
    window.addEventListener('online', done);
    document.addEventListener('visibilitychange', changed);
  });
}
