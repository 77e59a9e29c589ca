import Button from '@mui/material/Button';
import { styled } from '@mui/material/styles';
import { type SubmitEvent, useId } from 'react';
import { useTranslation } from '../../shared/i18n/i18n';
import type { SignInProblem } from './useSignIn';

interface Props {
  onSignIn: (name: string) => Promise<void>;
  loading: boolean;
  problem: SignInProblem | null;
  /** The id of the words that say what a name is for, or what is wrong with it. */
  describedBy: string;
}

const NameField = styled('input')(({ theme: { vars } }) => ({
  flex: 1,
  minInlineSize: 0,
  blockSize: 64,
  margin: 0,
  paddingInline: 20,
  background: 'transparent',
  border: `1px solid ${vars.palette.text.secondary}`,
  borderRadius: vars.shape.borderRadius,
  '&::placeholder': { color: vars.palette.text.secondary, opacity: 1 },
  "&[aria-invalid='true']": { border: `2px solid ${vars.palette.warning.main}` },
}));

/** One field, one button, as tall as the buy button whose place it takes. */
export function SignInForm({ onSignIn, loading, problem, describedBy }: Props) {
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
      <NameField
        id={id}
        name="name"
        required
        placeholder={t('signIn.name')}
        aria-invalid={problem === 'name'}
        aria-describedby={describedBy}
        autoComplete="nickname"
        autoCapitalize="words"
        enterKeyHint="go"
        maxLength={40}
      />
      <Button type="submit" variant="contained" color="secondary" aria-disabled={loading}>
        {t('signIn.button')}
      </Button>
    </form>
  );
}
