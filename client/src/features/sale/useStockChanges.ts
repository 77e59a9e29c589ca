import { useSubscription } from '@apollo/client/react';
import { useCallback, useEffect, useRef } from 'react';
import { graphql } from '../../gql';
import { fullJitter } from '../../shared/time/wait';
import { useServerClock } from '../../shared/time/useServerNow';

/** No `viewerPurchase` here: the same bytes go to everybody, encoded once. */
export const StockChanged = graphql(`
  subscription StockChanged {
    stockChanged {
      ...SaleLive
    }
  }
`);

const NEXT_SALE_SPREAD_MS = 1500;
const RESTART_BASE_MS = 2000;
const LONGEST_WAIT_MS = 15_000;

/**
 * Keeps the current sale fresh: each event is a `Sale` with an id, so the cache merges it (see
 * `app/cache.ts`) and whoever shows that sale renders. An event of another sale than the one shown
 * means that the next one became current: the page asks for it, each client at its own moment.
 *
 * `shownSaleId` is undefined before the first answer, null when there is no sale.
 */
export function useStockChanges(
  shownSaleId: string | null | undefined,
  refetch: () => Promise<void>,
): void {
  const clock = useServerClock();
  const later = useLater();
  const attempt = useRef(0);
  const follow = useNextSale(shownSaleId, refetch);
  const again = () =>
    later(fullJitter(attempt.current++, LONGEST_WAIT_MS, RESTART_BASE_MS), () => {
      restart();
      void refetch();
    });
  const { restart } = useSubscription(StockChanged, {
    ignoreResults: true,
    onData: ({ data: { data } }) => {
      if (!data) return;
      attempt.current = 0;
      const { id, serverTime } = data.stockChanged;
      clock.atLeast(Date.parse(serverTime));
      follow(id);
    },
    // Ended by the server: begin again; asking for the status is the net below.
    onError: again,
    onComplete: again,
  });
}

/** Asks until the page has left the sale of before: the server that answers may still think it the current one. */
function useNextSale(shownSaleId: string | null | undefined, refetch: () => Promise<void>) {
  const later = useLater();
  const shown = useRef(shownSaleId);
  const heard = useRef<string>(undefined);
  const asking = useRef(false);
  useEffect(() => {
    shown.current = shownSaleId;
  }, [shownSaleId]);
  return (id: string) => {
    heard.current = id;
    const left = shown.current;
    if (left === undefined || left === id || asking.current) return;
    const ask = (attempt: number) =>
      later(fullJitter(attempt, LONGEST_WAIT_MS, NEXT_SALE_SPREAD_MS), () => {
        asking.current = shown.current === left && heard.current !== left;
        if (asking.current) void refetch().then(() => ask(attempt + 1));
      });
    asking.current = true;
    ask(0);
  };
}

/** Does one thing later, unless there is nobody any more; a newer wish takes the place of an older one. */
function useLater(): (ms: number, action: () => void) => void {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const gone = useRef(false);
  useEffect(() => {
    gone.current = false;
    return () => {
      gone.current = true;
      clearTimeout(timer.current);
    };
  }, []);
  return useCallback((ms, action) => {
    clearTimeout(timer.current);
    if (!gone.current) timer.current = setTimeout(action, ms);
  }, []);
}
