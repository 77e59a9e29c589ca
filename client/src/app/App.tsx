import { ApolloProvider } from '@apollo/client/react';
import { SessionContext } from '../features/session/session';
import { ConnectionContext } from '../shared/connection/connection';
import { ClockContext } from '../shared/time/useServerNow';
import type { Config } from './config';
import type { Services } from './services';
import { ShopPage } from './shop/ShopPage';
import { ShopTheme } from './ShopTheme';

export function App({ services, config }: { services: Services; config: Config }) {
  const { client, clock, connection, session } = services;
  return (
    <ClockContext value={clock}>
      <ConnectionContext value={connection}>
        <SessionContext value={session}>
          <ApolloProvider client={client}>
            <ShopTheme>
              <ShopPage config={config} />
            </ShopTheme>
          </ApolloProvider>
        </SessionContext>
      </ConnectionContext>
    </ClockContext>
  );
}
