import Button from '@mui/material/Button';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from '../../shared/i18n/i18n';
import type { PresentSale } from '../sale/SaleFrame';
import { EndDialog } from './EndDialog';
import { HoldDialog } from './HoldDialog';
import { RescheduleDialog } from './RescheduleDialog';
import { RestockDialog } from './RestockDialog';

export type Control = 'pause' | 'resume' | 'restock' | 'reschedule' | 'end';

type Props = Pick<PresentSale, 'sale' | 'changes' | 'refetch'>;

/** What an operator can do. Every control first says what will happen. */
export function Controls(props: Props) {
  const { sale } = props;
  const { t } = useTranslation('desk');
  const [open, setOpen] = useState<Control | null>(null);
  const close = () => setOpen(null);
  const over = sale.phase === 'ENDED';
  const place = useFocusOnceOver(over, open !== null);
  const hold = sale.phase === 'PAUSED' ? 'resume' : 'pause';
  const controls = [hold, 'restock', 'reschedule'] as const;
  if (over) {
    return (
      <section aria-labelledby="controls" ref={place} tabIndex={-1}>
        <h2 id="controls">{t('controls.title')}</h2>
        <p className="quiet">{t('controls.over')}</p>
      </section>
    );
  }
  return (
    <section aria-labelledby="controls">
      <h2 id="controls">{t('controls.title')}</h2>
      <div className="controls">
        {controls.map((control, i) => (
          // The place stays when "pause" becomes "resume": the focus returns to it from the dialog.
          <Button key={i} variant="outlined" color="inherit" onClick={() => setOpen(control)}>
            {t(`controls.${control}`)}
          </Button>
        ))}
        <Button variant="text" color="inherit" className="apart" onClick={() => setOpen('end')}>
          {t('controls.end')}
        </Button>
      </div>
      <Opened control={open} {...props} onClose={close} />
    </section>
  );
}

/** Who has just ended the sale by a button that is gone with it finds the focus where the button was, not nowhere. */
function useFocusOnceOver(over: boolean, asked: boolean) {
  const place = useRef<HTMLElement>(null);
  const wasAsked = useRef(asked);
  useEffect(() => {
    if (over && wasAsked.current) place.current?.focus({ preventScroll: true });
    wasAsked.current = asked;
  }, [over, asked]);
  return place;
}

export interface DialogProps extends Props {
  onClose: () => void;
}

function Opened({ control, ...props }: DialogProps & { control: Control | null }) {
  switch (control) {
    case 'pause':
    case 'resume':
      return <HoldDialog wish={control} {...props} />;
    case 'restock':
      return <RestockDialog {...props} />;
    case 'reschedule':
      return <RescheduleDialog {...props} />;
    case 'end':
      return <EndDialog {...props} />;
    case null:
      return null;
  }
}
