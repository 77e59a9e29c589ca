import Button from '@mui/material/Button';
import type { ReactNode } from 'react';

interface Props {
  onBuy: () => void;
  /** Reachable by keyboard before it opens, so that nobody has to look for it at the moment. */
  open: boolean;
  busy?: boolean;
  children: ReactNode;
}

export function BuyButton({ onBuy, open, busy = false, children }: Props) {
  return (
    <Button
      variant="contained"
      fullWidth
      disableRipple
      aria-disabled={!open || busy}
      aria-busy={busy}
      onClick={open && !busy ? onBuy : undefined}
      className={busy ? 'busy' : open ? 'open' : 'closed'}
      sx={buyButton}
    >
      {children}
    </Button>
  );
}

const buyButton = {
  height: 64,
  fontSize: 20,
  fontWeight: 700,
  '&.closed, &.closed:hover': {
    backgroundColor: 'action.disabledBackground',
    color: 'text.secondary',
    cursor: 'default',
  },
  '&.busy, &.busy:hover': {
    backgroundColor: 'action.disabledBackground',
    color: 'text.primary',
    cursor: 'progress',
  },
} as const;
