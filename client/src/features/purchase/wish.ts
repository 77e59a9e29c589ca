import type { Keep } from '../../shared/storage/storage';

/** Older than this, the sale's own answer (`viewerPurchase`) is the truth and nothing is bought unasked. */
const FORGOTTEN_AFTER_MS = 10 * 60_000;

const PREFIX = 'stampede.wish.';

/** The idempotency key of a wish that has no answer yet. It outlives the tab. */
export interface Wishes {
  /** The key under way for this sale and shopper, if any. */
  pending(): string | null;
  /** The key under way, or a new one. */
  begin(): string;
  settle(): void;
}

export function wishesOf(keep: Keep, saleId: string, shopperId: string, now = Date.now): Wishes {
  const name = `${PREFIX}${saleId}.${shopperId}`;
  const pending = () => {
    const [key, at] = keep.get(name)?.split(' ') ?? [];
    return key && now() - Number(at) < FORGOTTEN_AFTER_MS ? key : null;
  };
  return {
    pending,
    begin: () => {
      const key = pending() ?? newKey();
      keep.set(name, `${key} ${now()}`);
      return key;
    },
    settle: () => keep.remove(name),
  };
}

/** Another tab's wish got its answer: what this one shows may no longer be all. Until the returned function is called. */
export function onSettledElsewhere(listener: () => void): () => void {
  const changed = ({ key, newValue }: StorageEvent) => {
    if (key?.startsWith(PREFIX) && newValue === null) listener();
  };
  window.addEventListener('storage', changed);
  return () => window.removeEventListener('storage', changed);
}

/** 128 random bits; `crypto.randomUUID` exists in secure contexts only. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
