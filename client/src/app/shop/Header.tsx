import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Typography from '@mui/material/Typography';
import { useTranslation } from 'react-i18next';
import { useSession } from '../../features/session/session';
import { QuietSelect } from '../../shared/ui/fields';
import { chooseLanguage, type Language, languages } from '../i18n';

export function Header() {
  const { t } = useTranslation();
  const { token, name, session } = useSession();
  return (
    <Box component="header" className="header">
      <Typography component="span" variant="body2" sx={{ fontWeight: 700, flex: 1 }}>
        {t('page.title')}
      </Typography>
      {token !== null && (
        <>
          {name && (
            <Typography component="span" variant="body2" dir="auto" noWrap sx={{ minWidth: 0 }}>
              {name}
            </Typography>
          )}
          <Button color="inherit" size="small" sx={quiet} onClick={() => session.forget()}>
            {t('page.signOut')}
          </Button>
        </>
      )}
      <LanguageSwitch />
    </Box>
  );
}

function LanguageSwitch() {
  const { t, i18n } = useTranslation();
  return (
    <QuietSelect
      value={i18n.resolvedLanguage}
      onChange={(event) => chooseLanguage(event.target.value as Language)}
      aria-label={t('page.language')}
    >
      {Object.entries(languages).map(([code, name]) => (
        <option key={code} value={code} lang={code}>
          {name}
        </option>
      ))}
    </QuietSelect>
  );
}

const quiet = {
  fontSize: 14,
  fontWeight: 400,
  color: 'text.secondary',
  minHeight: 48,
  flex: 'none',
};
