import type { ApolloClient } from '@apollo/client';
import { useApolloClient, useQuery } from '@apollo/client/react';
import { useCallback, useEffect, useMemo } from 'react';
import { useOutletContext } from 'react-router';
import type { DeskChoiceFragment, DeskSalesQuery } from '../../gql/graphql';
import { DeskSales } from './operations';
import { onReturn } from '../../shared/time/wait';
import { seldom } from './seldom';
import { useAnswer } from './useAnswer';

/** Of the sales that are over, so many can be chosen: the latest. */
const MOST_PAST = 200;
/** As many pages as there can be sales on a server. */
const MOST_PAGES = 10;
const ALL = { after: null };
/** Whoever looks at the list again so soon finds it fresh. */
const FRESH_MS = 2000;

export interface Sales {
  /** The sales to choose from, and the one that visitors see; undefined before the first answer. */
  data: DeskSalesQuery | undefined;
  /** The last attempt failed; the next one comes by itself. */
  failed: boolean;
  /** Asks now; resolves with the attempt, however it ends. */
  ask: () => Promise<void>;
  /** The same for whoever is about to look: a list that was just asked for in this way is not asked for again. */
  refresh: () => Promise<void>;
}

/** Others schedule and end sales too: the list is asked for again when the operator comes back to the page. */
export function useSales(): Sales {
  const client = useApolloClient();
  const { data } = useQuery(DeskSales, { variables: ALL, fetchPolicy: 'cache-only' });
  const asking = useAnswer(useCallback(() => askSales(client), [client]));
  const { ask } = asking;
  const refresh = useMemo(() => seldom(ask, FRESH_MS), [ask]);
  useEffect(() => onReturn(() => void refresh()), [refresh]);
  return { data, ...asking, refresh };
}

/** The same, for the pages right below the frame. */
export const useFrameSales = () => useOutletContext<Sales>();

/** The soonest to start come first: whoever wants the latest has to go on to the end. */
async function askSales(client: ApolloClient): Promise<void> {
  let answer = await askPage(client, null);
  const nodes = [...answer.sales.nodes];
  for (let page = 1; page < MOST_PAGES && answer.sales.pageInfo.hasNextPage; page++) {
    answer = await askPage(client, answer.sales.pageInfo.endCursor ?? null);
    nodes.push(...answer.sales.nodes);
  }
  const data = { ...answer, sales: { ...answer.sales, nodes: choices(nodes) } };
  client.writeQuery({ query: DeskSales, variables: ALL, data });
}

async function askPage(client: ApolloClient, after: string | null): Promise<DeskSalesQuery> {
  const { data } = await client.query({
    query: DeskSales,
    variables: { after },
    fetchPolicy: 'no-cache',
  });
  if (!data) throw new Error('no answer');
  return data;
}

/** All that can still be run, and the latest of those that are over. */
export function choices<S extends Pick<DeskChoiceFragment, 'phase'>>(sales: readonly S[]): S[] {
  const past = new Set(sales.filter(({ phase }) => phase === 'ENDED').slice(-MOST_PAST));
  return sales.filter((sale) => sale.phase !== 'ENDED' || past.has(sale));
}
