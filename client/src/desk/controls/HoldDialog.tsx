import { useTranslation } from '../../shared/i18n/i18n';
import { DeskPause, DeskResume } from '../sale/changes';
import type { DialogProps } from './Controls';
import { useWish } from './useWish';
import { WishDialog } from './WishDialog';

/** Pause and resume. */
export function HoldDialog({ wish, ...props }: DialogProps & { wish: 'pause' | 'resume' }) {
  const { t } = useTranslation('desk');
  const { send, ...state } = useWish(wish === 'pause' ? DeskPause : DeskResume, props);
  return (
    <WishDialog
      title={t(`${wish}.title`)}
      action={t(`${wish}.do`)}
      onDo={() => void send({})}
      {...props}
      {...state}
    >
      <p>{t(`${wish}.text`)}</p>
    </WishDialog>
  );
}
