import Button from '@mui/material/Button';
import { styled } from '@mui/material/styles';
import Typography from '@mui/material/Typography';
import { useTranslation } from '../../shared/i18n/i18n';
import { useSession } from '../../features/session/session';
import { chooseLanguage } from '../../shared/i18n/i18n';
import { type Language, languages } from '../../shared/i18n/languages';
import { useKeptFocus } from '../../shared/ui/useKeptFocus';

export function Header() {
  const { t } = useTranslation();
  const { token, name, session } = useSession();
  const kept = useKeptFocus(languageList);
  return (
    <header className="header" {...kept}>
      <Typography variant="body2" component="span" className="brand">
        {t('page.title')}
      </Typography>
      {token !== null && (
        <>
          <Typography variant="body2" component="span" noWrap dir="auto" className="name">
            {name}
          </Typography>
          <Button color="inherit" className="quiet" onClick={() => session.signOut()}>
            {t('page.signOut')}
          </Button>
        </>
      )}
      <LanguageSwitch />
    </header>
  );
}

/** Where the focus goes when "Sign out" has done its work. */
const languageList = (header: HTMLElement) => header.querySelector('select');

const LanguageList = styled('select')(({ theme: { vars } }) => ({
  appearance: 'none',
  fieldSizing: 'content',
  blockSize: 48,
  paddingInline: '8px 26px',
  color: vars.palette.text.secondary,
  // A small angle, drawn with what CSS has.
  background: `linear-gradient(45deg, transparent 50%, currentColor 50%) right 13px top 22px / 5px 5px no-repeat,
    linear-gradient(135deg, currentColor 50%, transparent 50%) right 8px top 22px / 5px 5px no-repeat,
    ${vars.palette.background.default}`,
  '&:dir(rtl)': { backgroundPositionX: 'left 8px, left 13px, 0' },
  border: 0,
  borderRadius: vars.shape.borderRadius,
  cursor: 'pointer',
  // There the drawn angle is gone: the browser's own.
  '@media (forced-colors: active)': { appearance: 'auto' },
}));

/** A native list: a shopper's phone knows best how it works. */
function LanguageSwitch() {
  const { t, language } = useTranslation();
  return (
    <LanguageList
      value={language}
      onChange={(event) => void chooseLanguage(event.target.value as Language)}
      aria-label={t('page.language')}
    >
      {Object.entries(languages).map(([code, name]) => (
        <option key={code} value={code} lang={code}>
          {name}
        </option>
      ))}
    </LanguageList>
  );
}
