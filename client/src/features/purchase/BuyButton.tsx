import Button from '@mui/material/Button';
import type { ReactNode } from 'react';

interface Props {
  onBuy: () => void;
  /** Reachable by keyboard before it opens, so that nobody has to look for it at the moment. */
  open: boolean;
  busy?: boolean;
  /** The id of what says more; none while that counts seconds. */
  describedBy?: string;
  children: ReactNode;
}

export function BuyButton({ onBuy, open, busy = false, describedBy, children }: Props) {
  return (
    <Button
      variant="contained"
      fullWidth
      aria-disabled={!open || busy}
      aria-busy={busy}
      aria-describedby={describedBy}
      onClick={open && !busy ? onBuy : undefined}
      className="buy"
    >
      {/* Other words are a new text: the old one has not moved. */}
      <span key={String(busy)}>{children}</span>
    </Button>
  );
}
