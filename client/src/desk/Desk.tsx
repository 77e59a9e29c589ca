import { ApolloProvider } from '@apollo/client/react';
import Button from '@mui/material/Button';
import type { ReactNode } from 'react';
import { useTranslation } from '../shared/i18n/i18n';
import { BrowserRouter, Link, Navigate, Route, Routes } from 'react-router';
import { SessionContext } from '../features/session/session';
import { ConnectionContext } from '../shared/connection/connection';
import { PurchasesPage } from './afterwards/PurchasesPage';
import { ReportPage } from './afterwards/ReportPage';
import { DemoContext } from './frame/demo';
import { DeskTheme } from './frame/DeskTheme';
import { Frame } from './frame/Frame';
import { PageTitle } from './frame/PageTitle';
import { Waiting } from './frame/Waiting';
import { LivePage } from './live/LivePage';
import { SaleFrame } from './sale/SaleFrame';
import { useFrameSales } from './sale/useSales';
import { SchedulePage } from './schedule/SchedulePage';
import type { DeskServices } from './services';

export function Desk({ services, demo }: { services: DeskServices; demo: boolean }) {
  return (
    <DeskParts services={services} demo={demo}>
      <BrowserRouter basename="/desk">
        <Pages />
      </BrowserRouter>
    </DeskParts>
  );
}

interface PartsProps {
  services: Pick<DeskServices, 'client' | 'connection' | 'session'>;
  demo: boolean;
  children: ReactNode;
}

/** What every page of the desk finds above it. */
export function DeskParts({ services, demo, children }: PartsProps) {
  const { client, connection, session } = services;
  return (
    <DeskTheme>
      <ConnectionContext value={connection}>
        <SessionContext value={session}>
          <ApolloProvider client={client}>
            <DemoContext value={demo}>{children}</DemoContext>
          </ApolloProvider>
        </SessionContext>
      </ConnectionContext>
    </DeskTheme>
  );
}

export function Pages() {
  return (
    <Routes>
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
  const { data, failed } = useFrameSales();
  if (!data) return <Waiting>{t(failed ? 'page.away' : 'page.connecting')}</Waiting>;
  if (data.saleStatus) return <Navigate to={`/sales/${data.saleStatus.id}`} replace />;
  return (
    <main className="page empty-desk">
      <PageTitle>{t('page.noSale')}</PageTitle>
      <Button component={Link} to="/new" variant="contained" color="inherit" className="calm">
        {t('page.schedule')}
      </Button>
    </main>
  );
}
