import { type Client, createClient } from 'graphql-ws';
import type { Connection } from '../../shared/connection/connection';
import { fullJitter, waitOrReturn } from '../../shared/time/wait';
import type { Session } from './session';

const PING_EVERY_MS = 10_000;
const PONG_WITHIN_MS = 5_000;
/** The server's word for a token that it does not take, or no longer. */
const FORBIDDEN = 4403;

/** A page's live line: opened at once, kept for as long as the page lives, and never later than so opened again. */
export function createSocket(
  session: Session,
  connection: Connection,
  longestWaitMs: number,
): Client {
  let pong: ReturnType<typeof setTimeout>;
  let lastId = 0;
  let sent: string | null = null;
  const client = createClient({
    url: socketUrl(),
    lazy: false,
    // A fatal end also ends the subscription, which starts again by itself: see `useStockChanges`.
    onNonLazyError: connection.lost,
    keepAlive: PING_EVERY_MS,
    connectionAckWaitTimeout: PONG_WITHIN_MS,
    retryAttempts: Infinity,
    shouldRetry: () => true,
    retryWait: (retries) => waitOrReturn(fullJitter(retries, longestWaitMs)),
    generateID: () => (++lastId).toString(36),
    connectionParams: () => {
      sent = session.state().token;
      return sent === null ? {} : { Authorization: `Bearer ${sent}` };
    },
    on: {
      connected: connection.opened,
      message: connection.heard,
      ping: (received) => {
        if (received) return;
        // A line that looks open but carries nothing is closed: the retry opens another one.
        pong = setTimeout(() => client.terminate(), PONG_WITHIN_MS);
      },
      pong: (received) => {
        if (received) clearTimeout(pong);
      },
      closed: (event) => {
        clearTimeout(pong);
        connection.lost();
        // Not the token of who has signed in meanwhile.
        if (isCloseEvent(event) && event.code === FORBIDDEN && sent !== null) session.refuse(sent);
      },
    },
  });
  return client;
}

function isCloseEvent(event: unknown): event is Pick<CloseEvent, 'code'> {
  return typeof event === 'object' && event !== null && 'code' in event;
}

function socketUrl(): string {
  const url = new URL('/graphql', window.location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}
