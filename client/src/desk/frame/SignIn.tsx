import { useApolloClient } from '@apollo/client/react';
import { CombinedGraphQLErrors, ServerError } from '@apollo/client/errors';
import Button from '@mui/material/Button';
import TextField from '@mui/material/TextField';
import { type KeyboardEvent, type SyntheticEvent, useContext, useRef, useState } from 'react';
import { useTranslation } from '../../shared/i18n/i18n';
import { useSession } from '../../features/session/session';
import { DeskViewer } from '../sale/operations';
import { DemoContext } from './demo';
import { useFirstWrong } from './useFirstWrong';

type Problem = 'refused' | 'scope' | 'away' | 'ended';

/** Tries the token before it is kept: the server says whom it names, and what that one may do. */
function useTry(): (token: string) => Promise<Problem | null> {
  const client = useApolloClient();
  const { session } = useSession();
  return async (token) => {
    try {
      const { data } = await client.query({
        query: DeskViewer,
        fetchPolicy: 'no-cache',
        context: { headers: { Authorization: `Bearer ${token}` } },
      });
      if (!data?.viewer) return 'refused';
      if (!data.viewer.scopes.includes('OPERATOR')) return 'scope';
      session.signIn(token, data.viewer.id);
      return null;
    } catch (error) {
      const refused = ServerError.is(error)
        ? error.statusCode === 401
        : CombinedGraphQLErrors.is(error);
      return refused ? 'refused' : 'away';
    }
  };
}

/** A token has no lines, though the field shows it in several: Enter is for signing in. */
function submitOnEnter(event: KeyboardEvent<HTMLElement>) {
  if (event.key !== 'Enter' || event.nativeEvent.isComposing) return;
  event.preventDefault();
  event.currentTarget.closest('form')?.requestSubmit();
}

export function SignIn() {
  const { t } = useTranslation('desk');
  const demo = useContext(DemoContext);
  const [token, setToken] = useState('');
  const { refused } = useSession();
  const [problem, setProblem] = useState<Problem | null>(refused ? 'ended' : null);
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const toFirstWrong = useFirstWrong(form);
  const attempt = useTry();
  const submit = async (event: SyntheticEvent) => {
    event.preventDefault();
    if (busy || token.trim() === '') return;
    setBusy(true);
    const found = await attempt(token.replace(/^Bearer\s+/i, '').replace(/\s/g, ''));
    setBusy(false);
    setProblem(found);
    if (found) toFirstWrong();
  };
  return (
    <main className="sign-in">
      <h1>{t('signIn.title')}</h1>
      <p className="quiet">{t(demo ? 'signIn.demo' : 'signIn.shop')}</p>
      <form ref={form} onSubmit={(event) => void submit(event)} noValidate>
        <TextField
          label={t('signIn.token')}
          value={token}
          onChange={(event) => setToken(event.target.value)}
          onKeyDown={submitOnEnter}
          error={problem !== null}
          helperText={problem && t(`signIn.${problem}`)}
          multiline
          minRows={3}
          maxRows={8}
          fullWidth
          autoFocus
          autoComplete="off"
          slotProps={{ htmlInput: { spellCheck: false, dir: 'ltr', className: 'token' } }}
        />
        <Button
          type="submit"
          variant="contained"
          size="large"
          disabled={token.trim() === ''}
          aria-disabled={busy}
        >
          {t('signIn.button')}
        </Button>
      </form>
    </main>
  );
}
