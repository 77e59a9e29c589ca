import { ApolloClient } from '@apollo/client';
import { StrictMode } from 'react';
import 'virtual:theme.css';
import '../shared/ui/fonts.css';
import '../shared/ui/base.css';
import '../app/shop/shop.css';
import { App } from '../app/App';
import { ShopCache } from '../app/cache';
import type { Services } from '../app/services';
import { words } from '../app/words';
import { SaleStatus } from '../features/sale/useSaleStatus';
import { Session, TOKEN_KEY } from '../features/session/session';
import { Connection } from '../shared/connection/connection';
import { initLanguage } from '../shared/i18n/i18n';
import { ServerClock } from '../shared/time/clock';
import { type Answers, cannedLink } from './canned';
import type { Deed } from './deeds';
import { Rail } from './Rail';
import { show, stateOf } from './show';
import { saleAt, type State, states } from './states';

const BASE = '/gallery';
const BUTTON = '.truth-box .action button';

/** The page's own parts, with nobody at the other end of the line. */
function servicesOf(name: string, state: State, now: number): Services {
  const kept = new Map(
    state.signedIn
      ? [
          [TOKEN_KEY, 'Ada'],
          ['stampede.name', 'Ada'],
        ]
      : [],
  );
  const session = new Session({
    get: (key) => kept.get(key) ?? null,
    set: (key, value) => void kept.set(key, value),
    remove: (key) => void kept.delete(key),
  });
  const connection = new Connection(Date.now);
  connection.opened();
  if (state.offline) connection.lost();
  const client = new ApolloClient({
    cache: new ShopCache(),
    link: cannedLink(answersOf(name, state, now)),
  });
  if (state.unanswered) client.writeQuery({ query: SaleStatus, data: inThePage(name, state, now) });
  return { session, connection, client, clock: new ServerClock(), close: () => Promise.resolve() };
}

const idOf = (name: string) => `sale_${name}`;

function inThePage(name: string, { sale }: State, now: number) {
  const change = sale === 'lost' ? {} : sale;
  return { saleStatus: saleAt(now, { id: idOf(name), ...change }), viewer: null };
}

/** Each state has a sale of its own, so that none remembers what was bought in another. */
function answersOf(
  name: string,
  { sale, signedIn, buys, hears, unanswered }: State,
  now: number,
): Answers {
  const id = idOf(name);
  const viewer = signedIn ? { __typename: 'Viewer', id: 'demo:Ada' } : null;
  const whole = sale === null || sale === 'lost' ? null : saleAt(now, { id, ...sale });
  return {
    SaleStatus: sale === 'lost' || unanswered ? 'lost' : { saleStatus: whole, viewer },
    ServerTime: 'never',
    StockChanged: hears ? { stockChanged: saleAt(now, { id, ...hears }) } : 'never',
    Buy: buys ?? 'never',
  };
}

function deedsOf({ kind, buys }: State): Deed[] {
  const press = buys === undefined ? [] : [{ see: '[data-state=active]' }, { press: BUTTON }];
  return [...press, { see: `[data-state=${kind}]` }];
}

await initLanguage(words);
const now = Date.now();
const all = states(now);
const name = stateOf(BASE);
const state = all[name];
if (state) {
  localStorage.removeItem(`stampede.wish.sale_${name}.demo:Ada`); // what was pressed at the last visit
  const services = servicesOf(name, state, now);
  const config = { demoSignIn: true, signInUrl: null, first: null };
  await show(
    <StrictMode>
      <App services={services} config={config} />
    </StrictMode>,
    deedsOf(state),
  );
} else await show(<Rail title="The shopper’s page" base={BASE} names={Object.keys(all)} />);
