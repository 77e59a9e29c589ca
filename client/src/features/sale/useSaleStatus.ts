import { useQuery } from '@apollo/client/react';
import { useContext, useEffect, useRef, useState } from 'react';
import { graphql } from '../../gql';
import type { SaleStatusQuery } from '../../gql/graphql';
import { ConnectionContext, useConnection } from '../../shared/connection/connection';
import { fullJitter, waitOrReturn } from '../../shared/time/wait';

export const SaleLive = graphql(`
  fragment SaleLive on Sale {
    id
    phase
    stock
    sold
    remaining
    revision
    startsAt
    endsAt
    serverTime
  }
`);

export const SaleStatus = graphql(`
  query SaleStatus {
    saleStatus {
      ...SaleLive
      product {
        ...ProductView
      }
      viewerPurchase {
        ...Receipt
      }
    }
    viewer {
      id
    }
  }
`);

const LONGEST_WAIT_MS = 10_000;

type Policy = 'cache-first' | 'cache-and-network';

export interface SaleStatusView {
  data: SaleStatusQuery | undefined;
  /** The last attempt failed; the next one comes by itself. */
  failed: boolean;
  refetch: () => void;
}

/**
 * The current sale as the server told it first; `useStockChanges` keeps it fresh in the cache. What stood in the page
 * is all there is to say to somebody `anonymous`: a crowd that opens the page need not ask again.
 */
export function useSaleStatus(anonymous: boolean): SaleStatusView {
  const connection = useContext(ConnectionContext);
  const [fetchPolicy] = useState<Policy>(anonymous ? 'cache-first' : 'cache-and-network');
  const query = useQuery(SaleStatus, {
    fetchPolicy,
    nextFetchPolicy: 'cache-first',
    notifyOnNetworkStatusChange: true,
    // A new answer is wanted after sign-in, not the one already under way for somebody else.
    context: { queryDeduplication: false },
  });
  const refetch = useQuietRefetch(query.refetch);
  useEffect(() => {
    if (query.data) connection.heard();
  }, [connection, query.data]);
  const failed = useLastOutcome(query.loading, query.error !== undefined);
  useRetry(query.error, failed, refetch);
  useReturn(refetch);
  return { data: query.data ?? query.previousData, failed, refetch };
}

/** A refetch that fails shows in the query's own `error`; the promise has nothing to add. */
function useQuietRefetch(refetch: () => Promise<unknown>): () => void {
  const latest = useRef(refetch);
  useEffect(() => {
    latest.current = refetch;
  }, [refetch]);
  const [quiet] = useState(() => () => {
    latest.current().catch(() => undefined);
  });
  return quiet;
}

/** Whether the last attempt failed; while the next one is under way, that is still what is known. */
function useLastOutcome(loading: boolean, error: boolean): boolean {
  const [failed, setFailed] = useState(false);
  if (!loading && failed !== error) setFailed(error);
  return loading ? failed : error;
}

/** Asks again after a failure: without end, slower each time, each client at its own moment. */
function useRetry(error: unknown, failed: boolean, refetch: () => void): void {
  const attempt = useRef(0);
  useEffect(() => {
    if (!failed) attempt.current = 0;
  }, [failed]);
  useEffect(() => {
    if (error === undefined) return;
    let wanted = true;
    const wait = fullJitter(attempt.current++, LONGEST_WAIT_MS, 1000);
    void waitOrReturn(wait).then(() => {
      if (wanted) refetch();
    });
    return () => {
      wanted = false;
    };
  }, [error, refetch]);
}

/** The line came back to life: what was missed meanwhile is asked for. The first life missed nothing. */
function useReturn(refetch: () => void): void {
  const { lives } = useConnection();
  useEffect(() => {
    if (lives > 1) refetch();
  }, [lives, refetch]);
}
