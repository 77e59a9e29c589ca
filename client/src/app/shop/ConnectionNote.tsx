import Typography from '@mui/material/Typography';
import { useTranslation } from '../../shared/i18n/i18n';
import { useConnection } from '../../shared/connection/connection';
import { useLost } from '../../shared/connection/useLost';
import { useFormat } from '../../shared/format/useFormat';

/** Whether what is shown is live; if not, of when it is. */
export function ConnectionNote() {
  const { t } = useTranslation();
  const format = useFormat();
  const { lives, lastSeen } = useConnection();
  const lost = useLost();
  // Also after a first try that failed: nothing has been live yet.
  if (!lost && lives === 0) return <Note text={t('connection.connecting')} tone="waiting" />;
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
