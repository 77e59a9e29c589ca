/** A random part of a wait that doubles with every attempt: many clients, no second stampede. */
export function fullJitter(attempt: number, capMs: number, baseMs = 500): number {
  return Math.random() * Math.min(capMs, baseMs * 2 ** Math.min(attempt, 20));
}

/** Calls `back` when the network or the shopper comes back, until the returned function is called. */
export function onReturn(back: () => void): () => void {
  const changed = () => {
    if (!document.hidden) back();
  };
  window.addEventListener('online', back);
  document.addEventListener('visibilitychange', changed);
  return () => {
    window.removeEventListener('online', back);
    document.removeEventListener('visibilitychange', changed);
  };
}

/** Resolves after `ms`, or sooner when the network or the shopper comes back. */
export function waitOrReturn(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      stop();
      resolve();
    };
    const timer = setTimeout(done, ms);
    const stop = onReturn(done);
  });
}
