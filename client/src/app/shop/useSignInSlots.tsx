import Button from '@mui/material/Button';
import { useTranslation } from '../../shared/i18n/i18n';
import { SignInForm } from '../../features/session/SignInForm';
import { useSignIn } from '../../features/session/useSignIn';
import type { SalePhase } from '../../gql/graphql';
import type { Config } from '../config';
import { Guarded } from './Guarded';
import { NOTE_ID, Plate, type Slots } from './TruthBox';

/** What a signed-out shopper can do, in the place of the buy button. */
export function useSignInSlots(
  { demoSignIn, signInUrl }: Config,
  phase: SalePhase,
): Pick<Slots, 'action' | 'note'> {
  const { t } = useTranslation();
  const { signIn, loading, problem } = useSignIn();
  const late = phase === 'SOLD_OUT' || phase === 'ENDED';
  if (!demoSignIn) {
    if (signInUrl === null) return { action: <Plate>{t('signIn.shop')}</Plate> };
    return {
      action: (
        <Button
          fullWidth
          variant="contained"
          color="secondary"
          href={signInUrl}
          aria-describedby={NOTE_ID}
        >
          {t('signIn.button')}
        </Button>
      ),
      note: t(late ? 'signIn.earlier' : 'signIn.shop'),
    };
  }
  const note = problem
    ? t(`signIn.problem.${problem}`)
    : t(late ? 'signIn.earlier' : 'signIn.demo');
  return {
    action: (
      <Guarded name="signIn">
        {() => (
          <SignInForm onSignIn={signIn} loading={loading} problem={problem} describedBy={NOTE_ID} />
        )}
      </Guarded>
    ),
    note: <span role={problem ? 'alert' : undefined}>{note}</span>,
  };
}
