import { useApolloClient, useQuery } from '@apollo/client/react';
import { useCallback, useContext, useEffect } from 'react';
import { graphql } from '../../gql';
import type { SaleStatusQuery } from '../../gql/graphql';
import { ConnectionContext, useConnection } from '../../shared/connection/connection';
import { useRetry } from '../../shared/retry/useRetry';

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

const asked = {
  query: SaleStatus,
  fetchPolicy: 'network-only',
  // A new answer is wanted after sign-in, not the one already under way for somebody else.
  context: { queryDeduplication: false },
} as const;

export interface SaleStatusView {
  data: SaleStatusQuery | undefined;
  /** The last attempt failed; the next one comes by itself. */
  failed: boolean;
  /** Resolves with the attempt, however it ends. */
  refetch: () => Promise<void>;
}

/**
 * The current sale as the server told it last; `useStockChanges` keeps it fresh in the cache. The page shows what the cache
 * knows, and asks beside it: a question that hangs or fails holds up no news.
 */
export function useSaleStatus(token: string | null): SaleStatusView {
  const client = useApolloClient();
  const connection = useContext(ConnectionContext);
  const { data, previousData } = useQuery(SaleStatus, { fetchPolicy: 'cache-only' });
  const question = useCallback(() => client.query(asked), [client]);
  const { failed, ask } = useRetry(question);
  useEffect(() => {
    if (data) connection.heard();
  }, [connection, data]);
  useEffect(() => {
    // What is known is all there is to say to somebody anonymous: a crowd that opens the page need not ask again.
    if (token !== null || client.readQuery({ query: SaleStatus }) === null) void ask();
  }, [client, token, ask]);
  useReturn(ask);
  return { data: data ?? previousData, failed, refetch: ask };
}

/** The line came back to life: what was missed meanwhile is asked for. The first life missed nothing. */
function useReturn(ask: () => Promise<void>): void {
  const { lives } = useConnection();
  useEffect(() => {
    if (lives > 1) void ask();
  }, [lives, ask]);
}
