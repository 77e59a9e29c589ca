import { type SubmitEvent, useId } from 'react';
import { useTranslation } from '../../shared/i18n/i18n';
import type { SignInProblem } from './useSignIn';

interface Props {
  onSignIn: (name: string) => Promise<void>;
  loading: boolean;
  problem: SignInProblem | null;
}

/** One field, one button, as tall as the buy button whose place it takes. */
export function SignInForm({ onSignIn, loading, problem }: Props) {
  const { t } = useTranslation();
  const id = useId();
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const name = new FormData(event.currentTarget).get('name');
    if (typeof name === 'string' && name.trim() && !loading) void onSignIn(name.trim());
  };
  return (
    <form className="sign-in" onSubmit={submit}>
      <label htmlFor={id} className="unseen">
        {t('signIn.name')}
      </label>
      <input
        id={id}
        className="field"
        name="name"
        required
        placeholder={t('signIn.name')}
        aria-invalid={problem === 'name'}
        autoComplete="nickname"
        autoCapitalize="words"
        enterKeyHint="go"
        maxLength={40}
      />
      <button type="submit" className="button ink" aria-disabled={loading}>
        {t('signIn.button')}
      </button>
    </form>
  );
}
