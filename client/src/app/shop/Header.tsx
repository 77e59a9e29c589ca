import { useTranslation } from '../../shared/i18n/i18n';
import { useSession } from '../../features/session/session';
import { chooseLanguage } from '../../shared/i18n/i18n';
import { type Language, languages } from '../../shared/i18n/languages';

export function Header() {
  const { t } = useTranslation();
  const { token, name, session } = useSession();
  return (
    <header className="header">
      <span className="brand">{t('page.title')}</span>
      {token !== null && (
        <>
          {name && (
            <span className="who" dir="auto">
              {name}
            </span>
          )}
          <button type="button" className="button quiet" onClick={() => session.forget()}>
            {t('page.signOut')}
          </button>
        </>
      )}
      <LanguageSwitch />
    </header>
  );
}

/** A native list: a shopper's phone knows best how it works. */
function LanguageSwitch() {
  const { t, language } = useTranslation();
  return (
    <select
      className="languages"
      value={language}
      onChange={(event) => void chooseLanguage(event.target.value as Language)}
      aria-label={t('page.language')}
    >
      {Object.entries(languages).map(([code, name]) => (
        <option key={code} value={code} lang={code}>
          {name}
        </option>
      ))}
    </select>
  );
}
