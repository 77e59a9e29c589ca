import { useApolloClient } from '@apollo/client/react';
import { useEffect } from 'react';
import { graphql } from '../../gql';
import { useServerClock } from '../../shared/time/useServerNow';

export const ServerTime = graphql(`
  query ServerTime {
    saleStatus {
      serverTime
    }
  }
`);

const WANTED_SAMPLES = 4;
const SPACING_MS = 2000;
/** Longer than this out of sight, the computer may have slept and the local clock stood still. */
const FORGET_AFTER_MS = 30_000;

/**
 * Listens to the server's clock a few times while a sale is about to open: the link in `app/apollo.ts`
 * takes the sample, the shortest round trip wins.
 */
export function useClockSamples(opening: boolean): void {
  const client = useApolloClient();
  const clock = useServerClock();
  useEffect(() => {
    if (!opening) return;
    let timer: ReturnType<typeof setTimeout>;
    const ask = () => {
      void client.query({ query: ServerTime, fetchPolicy: 'no-cache' }).catch(() => undefined);
    };
    const next = () => {
      timer = setTimeout(
        () => {
          if (clock.samples >= WANTED_SAMPLES) return;
          ask();
          next();
        },
        SPACING_MS * (0.5 + Math.random()),
      );
    };
    next();
    const stop = onReturn(() => {
      clock.forget();
      clearTimeout(timer);
      ask();
      next();
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [client, clock, opening]);
}

function onReturn(action: () => void): () => void {
  let hiddenAt: number | null = null;
  const changed = () => {
    if (document.hidden) hiddenAt = Date.now();
    else if (hiddenAt !== null && Date.now() - hiddenAt > FORGET_AFTER_MS) action();
  };
  document.addEventListener('visibilitychange', changed);
  return () => document.removeEventListener('visibilitychange', changed);
}
