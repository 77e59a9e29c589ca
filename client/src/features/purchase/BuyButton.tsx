import type { ReactNode } from 'react';

interface Props {
  onBuy: () => void;
  /** Reachable by keyboard before it opens, so that nobody has to look for it at the moment. */
  open: boolean;
  busy?: boolean;
  children: ReactNode;
}

export function BuyButton({ onBuy, open, busy = false, children }: Props) {
  const look = busy ? 'busy' : open ? 'open' : 'closed';
  return (
    <button
      type="button"
      aria-disabled={!open || busy}
      aria-busy={busy}
      onClick={open && !busy ? onBuy : undefined}
      className={`button buy ${look}`}
    >
      {/* Other words are a new text: the old one has not moved. */}
      <span key={String(busy)}>{children}</span>
    </button>
  );
}
