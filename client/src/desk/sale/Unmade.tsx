import Alert from '@mui/material/Alert';
import { useEffect, useState } from 'react';
import { useTranslation } from '../../shared/i18n/i18n';
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
 * When it may be asked for again is advice: the button does not wait for it. A screen reader hears at once what happened,
 * and later that the time has come, but not every second of it.
 */
function NotNow({ again }: { again: number }) {
  const { t } = useTranslation('desk');
  const format = useDeskFormat();
  const left = useSecondsUntil(again);
  return (
    <Alert severity="warning" role="presentation">
      <div role="alert">{t('problem.busy')}</div>
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

const LOOK_MS = 250;
const secondsUntil = (moment: number) => Math.max(0, Math.ceil((moment - Date.now()) / 1000));

/** Whole seconds, the last one begun included. */
function useSecondsUntil(moment: number): number {
  const [left, setLeft] = useState(() => secondsUntil(moment));
  const over = left === 0;
  useEffect(() => {
    if (over) return;
    const timer = setInterval(() => setLeft(secondsUntil(moment)), LOOK_MS);
    return () => clearInterval(timer);
  }, [moment, over]);
  return left;
}
