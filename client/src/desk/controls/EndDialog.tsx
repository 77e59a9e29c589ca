import TextField from '@mui/material/TextField';
import { useState } from 'react';
import { useTranslation } from '../../shared/i18n/i18n';
import { DeskEnd } from '../sale/changes';
import { useDeskFormat } from '../sale/useDeskFormat';
import type { DialogProps } from './Controls';
import { useWish } from './useWish';
import { WishDialog } from './WishDialog';

/** A name as the eye has it: how many spaces stand in it, and how its letters are put together, nobody sees. */
const asSeen = (name: string) => name.normalize().trim().replace(/\s+/g, ' ');

/** The one thing that cannot be undone: it asks for the sale's name. */
export function EndDialog(props: DialogProps) {
  const { t } = useTranslation('desk');
  const format = useDeskFormat();
  const { send, ...state } = useWish(DeskEnd, props);
  const [typed, setTyped] = useState('');
  const { name } = props.sale.product;
  const { sold, stock } = props.sale;
  const counts = { count: stock, sold: format.number(sold), stock: format.number(stock) };
  return (
    <WishDialog
      title={t('end.title')}
      action={t('end.do')}
      ready={asSeen(typed) === asSeen(name)}
      asks
      final
      onDo={() => void send({})}
      {...props}
      {...state}
    >
      <p>{t('end.text', counts)}</p>
      <p>{t('end.name', { name })}</p>
      <TextField
        label={t('end.field')}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        autoComplete="off"
        autoFocus
        fullWidth
        slotProps={{ htmlInput: { dir: 'auto', spellCheck: false } }}
      />
    </WishDialog>
  );
}
