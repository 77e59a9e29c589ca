import TextField from '@mui/material/TextField';
import { useState } from 'react';
import { useTranslation } from '../../shared/i18n/i18n';
import { DeskRestock } from '../sale/changes';
import { useDeskFormat } from '../sale/useDeskFormat';
import { MOST_UNITS, wholeNumber } from '../schedule/fields';
import type { DialogProps } from './Controls';
import { useWish } from './useWish';
import { WishDialog } from './WishDialog';

export function RestockDialog(props: DialogProps) {
  const { t } = useTranslation('desk');
  const format = useDeskFormat();
  const { send, ...state } = useWish(DeskRestock, props);
  const [typed, setTyped] = useState('');
  const { sale } = props;
  const add = wholeNumber(typed);
  const wrong = state.result?.kind === 'wrong' && 'add' in state.result.fields;
  return (
    <WishDialog
      title={t('restock.title')}
      action={t('restock.do')}
      ready={add !== null}
      asks
      onDo={() => add !== null && void send({ add })}
      {...props}
      {...state}
    >
      <TextField
        label={t('restock.add')}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        error={wrong}
        helperText={wrong && t('wrong.add', { most: format.number(MOST_UNITS) })}
        autoFocus
        fullWidth
        slotProps={{ htmlInput: { inputMode: 'numeric', autoComplete: 'off' } }}
      />
      <p>
        {add === null
          ? t('restock.nothing')
          : t('restock.text', {
              count: sale.stock + add,
              stock: format.number(sale.stock + add),
              remaining: format.number(sale.remaining + add),
            })}
      </p>
      {sale.phase === 'SOLD_OUT' && <p>{t('restock.again')}</p>}
    </WishDialog>
  );
}
