import { useFragment } from '@apollo/client/react';
import Button from '@mui/material/Button';
import { type MouseEvent, useState } from 'react';
import { useTranslation } from '../../shared/i18n/i18n';
import { Link, Outlet, useNavigate, useParams } from 'react-router';
import { useSession } from '../../features/session/session';
import type { DeskChoiceFragment } from '../../gql/graphql';
import { chooseLanguage } from '../../shared/i18n/i18n';
import { type Language, languages } from '../../shared/i18n/languages';
import { useConnection } from '../../shared/connection/connection';
import { useLost } from '../../shared/connection/useLost';
import { DeskChoice } from '../sale/operations';
import { useDeskFormat } from '../sale/useDeskFormat';
import { type Sales, useSales } from '../sale/useSales';
import { Arrival, ArrivalContext, useArrivals, useTabTitle } from './arrival';
import { SignIn } from './SignIn';

/** What stands around every part of the desk. Nothing of it is shown without a token. */
export function Frame() {
  const { token } = useSession();
  const [arrival] = useState(() => new Arrival());
  useArrivals(arrival, token);
  return (
    <ArrivalContext value={arrival}>{token === null ? <Outside /> : <Inside />}</ArrivalContext>
  );
}

function Outside() {
  useTabTitle();
  return (
    <>
      <Bar sales={null} />
      <SignIn />
    </>
  );
}

function Inside() {
  const sales = useSales();
  return (
    <>
      <Bar sales={sales} />
      <Outlet context={sales} />
    </>
  );
}

/** The top of the page; without an operator there is little in it. */
function Bar({ sales }: { sales: Sales | null }) {
  const { t } = useTranslation('desk');
  return (
    <header className="bar">
      <Link to="/" className="brand" onClick={useFreshCurrent(sales)}>
        Stampede <span className="quiet">{t('page.desk')}</span>
      </Link>
      {sales && <SalePicker sales={sales} />}
      <span className="fill" />
      {sales && <Line />}
      <div className="reader">
        <LanguageSwitch />
        {sales && <SignOut />}
      </div>
    </header>
  );
}

/** For how long the way to the sale that visitors see waits for word of which that is. */
const PATIENCE_MS = 1000;

/** Asks which sale visitors see before it goes there: it may be another one by now. Until then the page stays. */
function useFreshCurrent(sales: Sales | null) {
  const navigate = useNavigate();
  return (event: MouseEvent) => {
    const elsewhere = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
    if (!sales || elsewhere) return;
    event.preventDefault();
    const { href } = window.location;
    const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
    void Promise.race([sales.refresh(), late]).then(() => {
      // Unless the operator has gone another way meanwhile.
      if (window.location.href === href) void navigate('/');
    });
  };
}

function SalePicker({ sales: { data, refresh } }: { sales: Sales }) {
  const { t } = useTranslation('desk');
  const sales = data?.sales.nodes ?? [];
  const navigate = useNavigate();
  const { id } = useParams();
  return (
    <>
      <select
        className="quiet-select picker"
        aria-label={t('page.sale')}
        value={id ?? ''}
        onFocus={() => void refresh()}
        onChange={(event) => void navigate(`/sales/${event.target.value}`)}
      >
        {id === undefined && <option value="">{t('page.sale')}</option>}
        {id !== undefined && sales.every((sale) => sale.id !== id) && <Unlisted id={id} />}
        {[...sales].reverse().map((sale) => (
          <Choice key={sale.id} sale={sale} />
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

function Choice({ sale }: { sale: DeskChoiceFragment }) {
  const { t } = useTranslation('desk');
  const format = useDeskFormat();
  return (
    <option value={sale.id}>
      {sale.product.name} · {t(`phase.${sale.phase}`)} · {format.moment(sale.startsAt)}
    </option>
  );
}

/** The sale that is looked at, where the list has it not, or not yet: another one's name must not stand over it. */
function Unlisted({ id }: { id: string }) {
  const { t } = useTranslation('desk');
  const seen = useFragment({ fragment: DeskChoice, from: { __typename: 'Sale', id } });
  if (seen.complete) return <Choice sale={seen.data} />;
  return <option value={id}>{t('page.sale')}</option>;
}

/**
 * Whether what is seen is fresh: a word beside the mark, never colour alone. That it is not is said at the window's end,
 * wherever the operator has scrolled to, and moves nothing; the bar keeps its rows meanwhile.
 */
function Line() {
  const { t } = useTranslation('desk');
  const { lives } = useConnection();
  const lost = useLost();
  const live = !lost && lives > 0;
  return (
    <span className={`line ${lost ? 'lost' : live ? 'live' : ''}`} role="status">
      <span aria-hidden={lost}>{t(live ? 'page.connected' : 'page.connecting')}</span>
      {lost && <span className="stale">{t('page.lost')}</span>}
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
      <Button size="small" color="inherit" className="plain" onClick={() => session.signOut()}>
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
