import { ApolloProvider } from '@apollo/client/react';
import CssBaseline from '@mui/material/CssBaseline';
import { ThemeProvider } from '@mui/material/styles';
import { SessionContext } from '../features/session/session';
import { ConnectionContext } from '../shared/connection/connection';
import { ClockContext } from '../shared/time/useServerNow';
import type { Config } from './config';
import type { Services } from './services';
import { ShopPage } from './shop/ShopPage';
import { theme } from './theme';

export function App({ services, config }: { services: Services; config: Config }) {
  const { client, clock, connection, session } = services;
  return (
    <ThemeProvider theme={theme}>
      <CssBaseline enableColorScheme />
      <ClockContext value={clock}>
        <ConnectionContext value={connection}>
          <SessionContext value={session}>
            <ApolloProvider client={client}>
              <ShopPage config={config} />
            </ApolloProvider>
          </SessionContext>
        </ConnectionContext>
      </ClockContext>
    </ThemeProvider>
  );
}
