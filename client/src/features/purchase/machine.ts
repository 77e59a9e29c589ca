/** What the server said to one attempt, or that it said nothing. See `answer.ts`. */
export type Answer =
  | { kind: 'bought' | 'already' }
  | { kind: 'soldOut' | 'notActive' | 'gone' | 'rejected' | 'signedOut' }
  /** Nothing was bought; the same request may succeed after `retryAfterMs`. */
  | { kind: 'busy' | 'early'; retryAfterMs: number }
  /** It may have been bought: only the same key can tell. */
  | { kind: 'unknown'; retryAfterMs?: number };

export type Refusal = 'soldOut' | 'notActive' | 'gone' | 'rejected' | 'signedOut';

interface Wish {
  key: string;
  /** Attempts made before this one. */
  attempt: number;
  /** An earlier attempt with this key may have gone through. */
  unsure: boolean;
}

export type PurchaseState =
  | { step: 'idle' }
  | ({ step: 'asking' } & Wish)
  | ({
      step: 'waiting';
      reason: 'busy' | 'early' | 'unknown';
      delayMs: number;
      /** The server said how long; a wait of our own may end sooner. */
      told: boolean;
    } & Wish)
  | { step: 'bought'; earlier: boolean }
  | { step: 'refused'; why: Refusal };

export type PurchaseEvent =
  /** The shopper pressed the button. */
  | { type: 'buy'; key: string }
  /** The page found a key of before: its answer never came. */
  | { type: 'resume'; key: string }
  /** `chance` is a random number from 0 to 1, so that this stays a pure function. */
  | { type: 'answered'; answer: Answer; chance: number }
  | { type: 'timeUp' }
  /** The network, the shopper or the live line came back. */
  | { type: 'back' }
  /** The purchase turned up elsewhere, for example in another tab. */
  | { type: 'found' };

export const idle: PurchaseState = { step: 'idle' };

const LONGEST_WAIT_MS = 15_000;
const FIRST_WAIT_MS = 500;

/** The life of one wish to buy. Only the server's word leads to `bought`. */
export function reduce(state: PurchaseState, event: PurchaseEvent): PurchaseState {
  switch (event.type) {
    case 'buy':
    case 'resume':
      if (state.step !== 'idle' && state.step !== 'refused') return state;
      return { step: 'asking', key: event.key, attempt: 0, unsure: event.type === 'resume' };
    case 'answered':
      return state.step === 'asking' ? answered(state, event.answer, event.chance) : state;
    case 'timeUp':
      if (state.step !== 'waiting') return state;
      return { step: 'asking', key: state.key, attempt: state.attempt, unsure: state.unsure };
    case 'back':
      if (state.step !== 'waiting' || state.told) return state;
      return reduce(state, { type: 'timeUp' });
    case 'found':
      // While asking, the answer on its way says whether it was bought now or earlier.
      if (state.step === 'bought' || state.step === 'asking') return state;
      return { step: 'bought', earlier: state.step !== 'waiting' };
  }
}

function answered(wish: Wish, answer: Answer, chance: number): PurchaseState {
  switch (answer.kind) {
    case 'bought':
      return { step: 'bought', earlier: false };
    case 'already':
      // The same wish, answered at last, is no earlier purchase.
      return { step: 'bought', earlier: !wish.unsure };
    case 'busy':
    case 'early':
      return wait(wish, wish.unsure ? 'unknown' : answer.kind, answer.retryAfterMs, chance);
    case 'unknown':
      return wait({ ...wish, unsure: true }, 'unknown', answer.retryAfterMs, chance);
    case 'rejected':
      // Somebody on the way may have said it, who knows nothing of the attempt whose answer was lost.
      if (wish.unsure) return wait(wish, 'unknown', undefined, chance);
      return { step: 'refused', why: 'rejected' };
    default:
      // The server looks for the shopper's purchase before it refuses: that ends doubt, too.
      return { step: 'refused', why: answer.kind };
  }
}

function wait(
  { key, attempt, unsure }: Wish,
  reason: 'busy' | 'early' | 'unknown',
  retryAfterMs: number | undefined,
  chance: number,
): PurchaseState {
  return {
    step: 'waiting',
    reason,
    delayMs: spread(retryAfterMs ?? backoff(attempt), chance),
    told: retryAfterMs !== undefined,
    key,
    attempt: attempt + 1,
    unsure,
  };
}

const backoff = (attempt: number) => Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt);

/** Never sooner than told, and not all at once: up to half as long again. */
export const spread = (ms: number, chance: number): number =>
  Math.round(ms + chance * Math.max(ms / 2, 50));
