import { useState } from 'react';
import { useTranslation } from '../../shared/i18n/i18n';
import { DeskReschedule } from '../sale/changes';
import { instantOf, localOf, timeZone } from '../schedule/fields';
import { TimeField } from '../schedule/TimeField';
import type { DialogProps } from './Controls';
import { useWish } from './useWish';
import { WishDialog } from './WishDialog';

export function RescheduleDialog(props: DialogProps) {
  const { t } = useTranslation('desk');
  const { send, ...state } = useWish(DeskReschedule, props);
  const { sale } = props;
  const opened = Date.parse(sale.serverTime) >= Date.parse(sale.startsAt);
  const [before] = useState({ start: sale.startsAt, end: sale.endsAt ?? null });
  const [start, setStart] = useState(() => localOf(before.start));
  const [end, setEnd] = useState(() => (before.end ? localOf(before.end) : ''));
  const wrong = state.result?.kind === 'wrong' ? state.result.fields : {};
  const startsAt = opened ? sale.startsAt : sameOr(before.start, start);
  const endsAt = sameOr(before.end, end);
  return (
    <WishDialog
      title={t('reschedule.title')}
      action={t('reschedule.do')}
      ready={startsAt !== null && (end === '' || endsAt !== null)}
      onDo={() => startsAt !== null && void send({ startsAt, endsAt })}
      {...props}
      {...state}
    >
      <p>{t('reschedule.text', { zone: timeZone() })}</p>
      <TimeField
        label={t('reschedule.start')}
        value={start}
        onChange={setStart}
        disabled={opened}
        hint={opened ? t('reschedule.opened') : undefined}
        problem={'startsAt' in wrong ? t('wrong.startsAt') : undefined}
      />
      <TimeField
        label={t('reschedule.end')}
        value={end}
        onChange={setEnd}
        hint={t('reschedule.endHint')}
        problem={'endsAt' in wrong ? t('wrong.endsAt') : undefined}
      />
    </WishDialog>
  );
}

/** What a field says, as an instant. One that was left alone has kept its own, of which the field shows no parts of a second. */
function sameOr(before: string | null, typed: string): string | null {
  return before !== null && typed === localOf(before) ? before : instantOf(typed);
}
