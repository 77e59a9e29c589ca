import { useQuery } from '@apollo/client/react';
import Button from '@mui/material/Button';
import { useEffect } from 'react';
import { useTranslation } from '../../shared/i18n/i18n';
import { Link, Outlet, useNavigate, useParams } from 'react-router';
import { useSession } from '../../features/session/session';
import type { DeskSalesQuery } from '../../gql/graphql';
import { chooseLanguage } from '../../shared/i18n/i18n';
import { type Language, languages } from '../../shared/i18n/languages';
import { useConnection } from '../../shared/connection/connection';
import { DeskSales } from '../sale/operations';
import { useDeskFormat } from '../sale/useDeskFormat';
import { SignIn } from './SignIn';

/** What stands around every part of the desk. Nothing of it is shown without a token. */
export function Frame() {
  const { t } = useTranslation('desk');
  const { token } = useSession();
  const title = t('page.title');
  useEffect(() => {
    document.title = title;
  }, [title]);
  return (
    <>
      <header className="bar">
        <Link to="/" className="brand">
          Stampede <span className="quiet">{t('page.desk')}</span>
        </Link>
        {token !== null && <SalePicker />}
        <span className="fill" />
        {token !== null && <Line />}
        <LanguageSwitch />
        {token !== null && <SignOut />}
      </header>
      {token === null ? <SignIn /> : <Outlet />}
    </>
  );
}

export function useSales(): DeskSalesQuery | undefined {
  const { lives } = useConnection();
  const { data, refetch } = useQuery(DeskSales, { fetchPolicy: 'cache-and-network' });
  useEffect(() => {
    if (lives > 1) void refetch().catch(() => undefined);
  }, [lives, refetch]);
  return data;
}

function SalePicker() {
  const { t } = useTranslation('desk');
  const format = useDeskFormat();
  const navigate = useNavigate();
  const { id } = useParams();
  const sales = useSales()?.sales.nodes ?? [];
  return (
    <>
      <select
        className="quiet-select picker"
        aria-label={t('page.sale')}
        value={id ?? ''}
        onChange={(event) => void navigate(`/sales/${event.target.value}`)}
      >
        {id === undefined && <option value="">{t('page.sale')}</option>}
        {[...sales].reverse().map((sale) => (
          <option key={sale.id} value={sale.id}>
            {sale.product.name} · {t(`phase.${sale.phase}`)} · {format.moment(sale.startsAt)}
          </option>
        ))}
      </select>
      <Button
        component={Link}
        to="/new"
        size="small"
        color="inherit"
        variant="outlined"
        className="plain"
      >
        {t('page.schedule')}
      </Button>
    </>
  );
}

/** Whether what is seen is fresh: a word beside the mark, never colour alone. */
function Line() {
  const { t } = useTranslation('desk');
  const { status } = useConnection();
  const word = {
    live: 'page.connected',
    connecting: 'page.connecting',
    lost: 'page.lost',
  } as const;
  return (
    <span className={`line ${status}`} role="status">
      {t(word[status])}
    </span>
  );
}

function SignOut() {
  const { t } = useTranslation('desk');
  const { name, session } = useSession();
  return (
    <>
      <span className="quiet who" dir="auto">
        {name}
      </span>
      <Button size="small" color="inherit" className="plain" onClick={() => session.forget()}>
        {t('page.signOut')}
      </Button>
    </>
  );
}

function LanguageSwitch() {
  const { t, language } = useTranslation('desk');
  return (
    <select
      className="quiet-select languages"
      aria-label={t('page.language')}
      value={language}
      onChange={(event) => void chooseLanguage(event.target.value as Language)}
    >
      {Object.entries(languages).map(([code, name]) => (
        <option key={code} value={code} lang={code}>
          {name}
        </option>
      ))}
    </select>
  );
}
