import { useTranslation } from '../../shared/i18n/i18n';
import { useFormat } from '../../shared/format/useFormat';
import { useSecondsLeft } from '../../shared/time/useSecondsLeft';

/** "A big crowd. Trying again by itself in 2 s." */
export function BusyNote({ delayMs }: { delayMs: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  return t('busy.note', { seconds: format.number(useSecondsLeft(delayMs)) });
}
