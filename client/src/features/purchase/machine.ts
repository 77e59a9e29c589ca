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
  | ({ step: 'waiting'; reason: 'busy' | 'early' | 'unknown'; delayMs: number } & Wish)
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
    case 'found':
      // While asking, the answer on its way says whether it was bought now or earlier.
      if (state.step === 'bought' || state.step === 'asking') return state;
      return { step: 'bought', earlier: state.step !== 'waiting' };
  }
}

function answered(wish: Wish, answer: Answer, chance: number): PurchaseState {
  const { key, attempt } = wish;
  switch (answer.kind) {
    case 'bought':
      return { step: 'bought', earlier: false };
    case 'already':
      // The same wish, answered at last, is no earlier purchase.
      return { step: 'bought', earlier: !wish.unsure };
    case 'busy':
    case 'early':
      return {
        step: 'waiting',
        reason: wish.unsure ? 'unknown' : answer.kind,
        delayMs: spread(answer.retryAfterMs, chance),
        key,
        attempt: attempt + 1,
        unsure: wish.unsure,
      };
    case 'unknown':
      return {
        step: 'waiting',
        reason: 'unknown',
        delayMs: spread(answer.retryAfterMs ?? backoff(attempt), chance),
        key,
        attempt: attempt + 1,
        unsure: true,
      };
    default:
      return { step: 'refused', why: answer.kind };
  }
}

const backoff = (attempt: number) => Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt);

/** Never sooner than told, and not all at once: up to half as long again. */
export const spread = (ms: number, chance: number): number =>
  Math.round(ms + chance * Math.max(ms / 2, 50));
