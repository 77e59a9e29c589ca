import { ApolloProvider } from '@apollo/client/react';
import { lazy, Suspense } from 'react';
import { useTranslation } from '../shared/i18n/i18n';
import { BrowserRouter, Link, Navigate, Route, Routes } from 'react-router';
import { SessionContext } from '../features/session/session';
import { ConnectionContext } from '../shared/connection/connection';
import { PurchasesPage } from './afterwards/PurchasesPage';
import { ReportPage } from './afterwards/ReportPage';
import { DeskTheme } from './frame/DeskTheme';
import { Frame, useSales } from './frame/Frame';
import { LivePage } from './live/LivePage';
import { SaleFrame } from './sale/SaleFrame';
import { SchedulePage } from './schedule/SchedulePage';
import type { DeskServices } from './services';

/** Every state of the desk, side by side: for whoever builds it, and not in what is shipped. */
const Gallery = import.meta.env.DEV ? lazy(() => import('./gallery/Gallery')) : null;

export function Desk({ services }: { services: DeskServices }) {
  const { client, connection, session } = services;
  return (
    <DeskTheme>
      <ConnectionContext value={connection}>
        <SessionContext value={session}>
          <ApolloProvider client={client}>
            <BrowserRouter basename="/desk">
              <Pages />
            </BrowserRouter>
          </ApolloProvider>
        </SessionContext>
      </ConnectionContext>
    </DeskTheme>
  );
}

function Pages() {
  return (
    <Routes>
      {Gallery && (
        <Route
          path="gallery"
          element={
            <Suspense>
              <Gallery />
            </Suspense>
          }
        />
      )}
      <Route element={<Frame />}>
        <Route index element={<Current />} />
        <Route path="new" element={<SchedulePage />} />
        <Route path="sales/:id" element={<SaleFrame />}>
          <Route index element={<LivePage />} />
          <Route path="purchases" element={<PurchasesPage />} />
          <Route path="report" element={<ReportPage />} />
        </Route>
        <Route path="*" element={<Navigate to="/" replace />} />
      </Route>
    </Routes>
  );
}

/** The sale that visitors see is the one that an operator wants first. */
function Current() {
  const { t } = useTranslation('desk');
  const sales = useSales();
  if (!sales) return <main className="page quiet">{t('page.connecting')}</main>;
  if (sales.saleStatus) return <Navigate to={`/sales/${sales.saleStatus.id}`} replace />;
  return (
    <main className="page">
      <p>{t('page.noSale')}</p>
      <Link to="/new">{t('page.schedule')}</Link>
    </main>
  );
}
