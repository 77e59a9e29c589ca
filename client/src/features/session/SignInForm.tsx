import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { type SubmitEvent, useId } from 'react';
import { useTranslation } from 'react-i18next';
import { TextInput } from '../../shared/ui/fields';
import { visuallyHidden } from '../../shared/ui/visuallyHidden';
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
    <Box component="form" onSubmit={submit} sx={{ display: 'flex', gap: 1.5 }}>
      <Box component="label" htmlFor={id} sx={visuallyHidden}>
        {t('signIn.name')}
      </Box>
      <TextInput
        id={id}
        name="name"
        required
        placeholder={t('signIn.name')}
        aria-invalid={problem === 'name'}
        autoComplete="nickname"
        autoCapitalize="words"
        enterKeyHint="go"
        maxLength={40}
      />
      <Button
        type="submit"
        variant="contained"
        color="inherit"
        aria-disabled={loading}
        sx={signInButton}
      >
        {t('signIn.button')}
      </Button>
    </Box>
  );
}

const signInButton = {
  height: 64,
  flex: 'none',
  px: 3,
  color: 'background.default',
  backgroundColor: 'text.primary',
  '&:hover': { backgroundColor: 'text.primary', opacity: 0.9 },
};
