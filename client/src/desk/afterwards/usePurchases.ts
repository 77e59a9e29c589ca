import { useApolloClient, useQuery } from '@apollo/client/react';
import { useCallback, useDeferredValue, useState } from 'react';
import { DeskPurchases } from '../sale/operations';
import { useAnswer } from '../sale/useAnswer';
import { filterOf } from './search';

const PAGE = 50;

/** One page of a sale's purchases, and the way to the next. */
export function usePurchases(id: string) {
  const [typed, setTyped] = useState('');
  const [after, setAfter] = useState<string | null>(null);
  const wanted = useDeferredValue(typed);
  const { data, previousData, failed } = usePage(id, after, wanted);
  const page = (data ?? previousData)?.saleStatus?.purchases;
  return {
    page,
    failed,
    typed,
    search: (text: string) => {
      setTyped(text);
      setAfter(null);
    },
    isFirst: after === null,
    toFirst: () => setAfter(null),
    toNext: () => setAfter(page?.pageInfo.endCursor ?? null),
  };
}

function usePage(id: string, after: string | null, wanted: string) {
  const client = useApolloClient();
  const variables = { id, first: PAGE, after, filter: filterOf(wanted) };
  const { data, previousData } = useQuery(DeskPurchases, { variables, fetchPolicy: 'cache-only' });
  const question = useCallback(
    () =>
      client.query({
        query: DeskPurchases,
        variables: { id, first: PAGE, after, filter: filterOf(wanted) },
        fetchPolicy: 'network-only',
      }),
    [client, id, after, wanted],
  );
  return { data, previousData, ...useAnswer(question) };
}
