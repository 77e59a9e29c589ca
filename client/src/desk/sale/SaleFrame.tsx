import { useTranslation } from '../../shared/i18n/i18n';
import { NavLink, Outlet, useOutletContext, useParams } from 'react-router';
import type { DeskSaleFragment } from '../../gql/graphql';
import { Waiting } from '../frame/Waiting';
import { type LiveSale, useLiveSale } from './useLiveSale';
import { SaleHead } from './SaleHead';

/** A sale that is there, for the pages below. */
export type PresentSale = LiveSale & { sale: DeskSaleFragment };

export const usePresentSale = () => useOutletContext<PresentSale>();

/** One sale: its name, how it stands, and the parts of the desk that show it. */
export function SaleFrame() {
  const { id } = useParams();
  return <OneSale key={id} id={id ?? ''} />;
}

function OneSale({ id }: { id: string }) {
  const { t } = useTranslation('desk');
  const live = useLiveSale(id);
  const { sale } = live;
  if (!sale) {
    const word = live.failed ? 'page.away' : sale === null ? 'page.notFound' : 'page.connecting';
    return <Waiting>{t(word)}</Waiting>;
  }
  return (
    <main className="page">
      <SaleHead sale={sale} changes={live.changes} />
      <nav aria-label={t('page.sections')} className="tabs">
        <NavLink to="" end>
          {t('page.live')}
        </NavLink>
        <NavLink to="purchases">{t('page.purchases')}</NavLink>
        <NavLink to="report">{t('page.report')}</NavLink>
      </nav>
      <Outlet context={{ ...live, sale } satisfies PresentSale} />
    </main>
  );
}
