import Box from '@mui/material/Box';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
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
    <Box
      role={tone === 'lost' ? 'status' : undefined}
      className="tabular"
      sx={{
        display: 'flex',
        alignItems: 'center',
        gap: 1,
        fontSize: 14,
        lineHeight: '20px',
        color: tone === 'lost' ? 'warning.main' : 'text.secondary',
        fontWeight: tone === 'lost' ? 550 : 400,
      }}
    >
      <Box
        aria-hidden
        sx={{
          width: 8,
          height: 8,
          borderRadius: 4,
          border: '2px solid',
          borderColor: tone === 'live' ? 'success.main' : 'currentColor',
          backgroundColor: tone === 'live' ? 'success.main' : 'transparent',
        }}
      />
      {text}
    </Box>
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
