import Alert from '@mui/material/Alert';
import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import type { ReactNode, RefObject } from 'react';
import { useTranslation } from '../../shared/i18n/i18n';
import type { DeskChangeFragment } from '../../gql/graphql';
import { Deed } from '../live/ChangeLog';
import { Unmade } from '../sale/Unmade';
import { useDeskFormat } from '../sale/useDeskFormat';
import type { Result } from '../sale/useSaleChange';

interface Props {
  title: string;
  /** What the button that does it says. */
  action: string;
  changes: readonly DeskChangeFragment[];
  /** The revision of the last change that this dialog had seen when it opened. */
  seenChange: number;
  result: Result | null;
  busy: boolean;
  form: RefObject<HTMLFormElement | null>;
  /** False while something is missing. */
  ready?: boolean;
  /** It asks for something: the focus is on the field, and not on the way out. */
  asks?: boolean;
  /** It cannot be undone. */
  final?: boolean;
  onDo: () => void;
  onClose: () => void;
  children: ReactNode;
}

/** A second look: what will happen, and a button that says it. */
export function WishDialog(props: Props) {
  const { title, result, busy, form, ready = true, onDo, onClose, children } = props;
  if (result?.kind === 'conflict') return <Conflict {...props} />;
  return (
    <Dialog
      open
      onClose={busy ? undefined : onClose}
      aria-labelledby="wish"
      fullWidth
      maxWidth="xs"
    >
      <form
        ref={form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (ready && !busy) onDo();
        }}
      >
        <DialogTitle id="wish">{title}</DialogTitle>
        <DialogContent className="wish">
          {children}
          <Problem result={result} />
        </DialogContent>
        <Actions {...props} />
      </form>
    </Dialog>
  );
}

/** While it is under way both stay where they are, with the focus that one of them has, and do nothing. */
function Actions({ action, busy, ready = true, asks = false, final = false, onClose }: Props) {
  const { t } = useTranslation('desk');
  return (
    <DialogActions>
      <Button
        color="inherit"
        onClick={busy ? undefined : onClose}
        aria-disabled={busy}
        autoFocus={!asks}
      >
        {t('controls.cancel')}
      </Button>
      <Button
        type="submit"
        variant="contained"
        color={final ? 'primary' : 'inherit'}
        className={final ? undefined : 'calm'}
        disabled={!ready}
        aria-disabled={busy}
      >
        {busy ? t('controls.working') : action}
      </Button>
    </DialogActions>
  );
}

/** What went wrong and belongs to no field. */
function Problem({ result }: { result: Result | null }) {
  const { t } = useTranslation('desk');
  if (result?.kind === 'refused' || result?.kind === 'away')
    return <Unmade result={result} of="problem" />;
  if (result?.kind !== 'wrong') return null;
  const { fields } = result;
  if ('saleId' in fields) {
    const gone = fields.saleId === 'NOT_FOUND';
    return <Alert severity="warning">{t(gone ? 'problem.gone' : 'wrong.saleId')}</Alert>;
  }
  return '' in fields ? <Unmade result={{ kind: 'refused' }} of="problem" /> : null;
}

/** Somebody was faster: nothing was overwritten, and this is who. */
function Conflict({ changes, seenChange, onClose }: Props) {
  const { t } = useTranslation('desk');
  const format = useDeskFormat();
  const faster = changes.filter(({ revision }) => revision > seenChange);
  return (
    <Dialog open onClose={onClose} aria-labelledby="conflict" fullWidth maxWidth="xs">
      <DialogTitle id="conflict">{t('conflict.title')}</DialogTitle>
      <DialogContent className="wish">
        <p>{t('conflict.text')}</p>
        {faster.length === 0 && <p>{t('conflict.unknown')}</p>}
        <ul className="faster">
          {faster.map((change) => (
            <li key={change.id}>
              {t('conflict.who', {
                who: change.changedBy,
                time: format.exactMoment(change.changedAt),
              })}{' '}
              <b>
                <Deed {...change} />
              </b>
            </li>
          ))}
        </ul>
        <p>{t('conflict.look')}</p>
      </DialogContent>
      <DialogActions>
        <Button variant="contained" color="inherit" className="calm" onClick={onClose} autoFocus>
          {t('conflict.close')}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
