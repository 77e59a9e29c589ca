import Paper from '@mui/material/Paper';
import Typography from '@mui/material/Typography';
import type { ReactNode } from 'react';
import { useTranslation } from '../../shared/i18n/i18n';

export interface Slots {
  /** What to see in half a second: a countdown, a number, a few words. */
  top: ReactNode;
  meter?: ReactNode;
  /** One line below. */
  line?: ReactNode;
  /** Always as tall as the buy button. */
  action?: ReactNode;
  note?: ReactNode;
}

/** What stands in the note describes the control above it, for who hears the page. */
export const NOTE_ID = 'note';

interface Props {
  status: ReactNode;
  kind: string;
  slots: Slots;
}

/**
 * Countdown, button, receipt and farewell share this box. Its size and the places in it never change, so
 * nothing moves at the moment that matters. None of its lines is a paragraph: a reader's own space between paragraphs
 * has no place here.
 */
export function TruthBox({ status, kind, slots }: Props) {
  const { t } = useTranslation();
  return (
    <Paper
      variant="outlined"
      component="section"
      className="truth-box"
      aria-label={t('page.sale')}
      data-state={kind}
    >
      <div>{status}</div>
      <div className="top">{slots.top}</div>
      <div className="meter-place">{slots.meter}</div>
      <Typography variant="body2" component="div" className="line">
        {slots.line}
      </Typography>
      <div className="action">{slots.action}</div>
      <Typography variant="body2" component="div" className="note" id={NOTE_ID}>
        {slots.note}
      </Typography>
    </Paper>
  );
}

/** Words in the place of the button. */
export function Plate({ children }: { children: ReactNode }) {
  return (
    <Paper variant="outlined" component="div" className="plate" tabIndex={-1}>
      {children}
    </Paper>
  );
}
