import Alert from '@mui/material/Alert';
import { useTranslation } from '../../shared/i18n/i18n';
import { useSecondsUntil } from '../../shared/time/useSecondsUntil';
import { useDeskFormat } from './useDeskFormat';
import type { Away, Refused } from './useSaleChange';

interface Props {
  result: Refused | Away;
  /** Whose words it takes: those of a change, or of a new sale. */
  of: 'problem' | 'schedule';
}

/** What became of a wish that was not made, or perhaps not, where no field is to blame. */
export function Unmade({ result, of }: Props) {
  const { t } = useTranslation('desk');
  if (result.kind === 'away')
    return <Alert severity="warning">{t(`${of}.${result.answered ? 'unknown' : 'away'}`)}</Alert>;
  if (result.again === undefined) return <Alert severity="warning">{t('problem.refused')}</Alert>;
  return <NotNow key={result.again} again={result.again} />;
}

/**
 * Why is not known: there may be too much to do, or the database may be away for a moment. When it may be asked for again is
 * advice: the button does not wait for it. A screen reader hears at once what happened, and later that the time has come,
 * but not every second of it.
 */
function NotNow({ again }: { again: number }) {
  const { t } = useTranslation('desk');
  const format = useDeskFormat();
  const left = useSecondsUntil(again);
  return (
    <Alert severity="warning" role="presentation">
      <div role="alert">{t('problem.notNow')}</div>
      <div role="status">
        {left > 0 ? (
          <span aria-hidden="true">{t('problem.again', { seconds: format.number(left) })}</span>
        ) : (
          t('problem.now')
        )}
      </div>
    </Alert>
  );
}
