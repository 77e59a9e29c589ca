import { Session } from '../features/session/session';
import { createSocket } from '../features/session/socket';
import { SaleStatus } from '../features/sale/useSaleStatus';
import { Connection } from '../shared/connection/connection';
import { keep } from '../shared/storage/storage';
import { ServerClock } from '../shared/time/clock';
import { createApollo } from './apollo';
import { forgetViewer } from './cache';
import { type Config, pageExchange } from './config';

/** Of a crowd that lost its line, nobody waits longer for another try. */
const LONGEST_WAIT_MS = 10_000;

export type Services = ReturnType<typeof createServices>;

/** Everything that outlives a render, made once and joined here. */
export function createServices(first: Config['first'] = null, exchange = pageExchange()) {
  const session = new Session(keep);
  const clock = new ServerClock();
  const connection = new Connection(clock.now);
  const ws = createSocket(session, connection, LONGEST_WAIT_MS);
  const { client, cache } = createApollo({
    session,
    clock,
    ws,
    uri: new URL('/graphql', window.location.href).href,
  });

  // A page from the browser's own store would tell of a sale, and of a time, long gone.
  if (first && exchange) {
    client.writeQuery({ query: SaleStatus, data: first });
    const time = first.saleStatus?.serverTime;
    if (time) clock.learn(exchange.sentAt, Date.parse(time), exchange.receivedAt);
  }

  const stopFollowing = session.follow();
  const stopWatching = session.subscribe(() => {
    forgetViewer(cache);
    // The line carries the shopper's token: it is opened anew for the next one.
    ws.terminate();
  });
  const offline = () => ws.terminate();
  window.addEventListener('offline', offline);

  const close = async () => {
    stopFollowing();
    stopWatching();
    window.removeEventListener('offline', offline);
    client.stop();
    // A line that is just failing to open has nothing to close.
    await Promise.resolve(ws.dispose()).catch(() => undefined);
  };
  return { session, clock, connection, client, close };
}
