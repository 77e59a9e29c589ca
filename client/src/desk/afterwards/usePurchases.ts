import { useQuery } from '@apollo/client/react';
import { useDeferredValue, useState } from 'react';
import { DeskPurchases } from '../sale/operations';
import { filterOf } from './search';

const PAGE = 50;

/** One page of a sale's purchases, and the way to the next. */
export function usePurchases(id: string) {
  const [typed, setTyped] = useState('');
  const [after, setAfter] = useState<string | null>(null);
  const wanted = useDeferredValue(typed);
  const { data, previousData, loading, error } = useQuery(DeskPurchases, {
    variables: { id, first: PAGE, after, filter: filterOf(wanted) },
    fetchPolicy: 'network-only',
  });
  const page = (data ?? previousData)?.saleStatus?.purchases;
  return {
    page,
    loading,
    failed: error !== undefined,
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
