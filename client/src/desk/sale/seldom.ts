/** `ask`, but one at a time, and again no sooner than `ms` after the last one began: meanwhile it is that one. */
export function seldom(
  ask: () => Promise<void>,
  ms: number,
  now = () => Date.now(),
): () => Promise<void> {
  let last = Promise.resolve();
  let beganAt = -Infinity;
  let asking = false;
  return () => {
    if (asking || now() - beganAt < ms) return last;
    asking = true;
    beganAt = now();
    last = ask().finally(() => (asking = false));
    return last;
  };
}
