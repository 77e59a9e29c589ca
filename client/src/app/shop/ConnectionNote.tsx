import Typography from '@mui/material/Typography';
import { useEffect, useState } from 'react';
import { useTranslation } from '../../shared/i18n/i18n';
import { useConnection } from '../../shared/connection/connection';
import { useFormat } from '../../shared/format/useFormat';

/** A line that breaks and heals at once, as on sign-in, is not worth a word. */
const GRACE_MS = 1200;

/** Whether what is shown is live; if not, of when it is. */
export function ConnectionNote() {
  const { t } = useTranslation();
  const format = useFormat();
  const { status, lastSeen } = useConnection();
  const lost = useLasting(status === 'lost', GRACE_MS);
  if (status === 'connecting') return <Note text={t('connection.connecting')} tone="waiting" />;
  if (!lost) return <Note text={t('connection.live')} tone="live" />;
  const text =
    lastSeen === null
      ? t('connection.lost')
      : t('connection.stale', { time: format.timeWithSeconds(lastSeen) });
  return <Note text={text} tone="lost" />;
}

function Note({ text, tone }: { text: string; tone: 'live' | 'waiting' | 'lost' }) {
  return (
    <Typography
      variant="body2"
      component="div"
      // Once there is a line: who heard that it was lost hears that it is back.
      role={tone === 'waiting' ? undefined : 'status'}
      className={`status ${tone}`}
    >
      {text}
    </Typography>
  );
}

/** True once `value` has been true for `ms` without a break. */
function useLasting(value: boolean, ms: number): boolean {
  const [lasting, setLasting] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLasting(value), value ? ms : 0);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return value && lasting;
}
