import { useState } from 'react';
import { useTranslation } from '../../shared/i18n/i18n';
import { useFormat } from '../../shared/format/useFormat';
import { useSecondsUntil } from '../../shared/time/useSecondsUntil';

/** "A big crowd. Trying again by itself in 2 s." */
export function BusyNote({ delayMs }: { delayMs: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [until] = useState(() => Date.now() + delayMs);
  return t('busy.note', { seconds: format.number(Math.max(1, useSecondsUntil(until))) });
}
