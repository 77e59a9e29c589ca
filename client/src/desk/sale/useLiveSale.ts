import { useApolloClient, useQuery, useSubscription } from '@apollo/client/react';
import { useCallback, useState } from 'react';
import type { DeskChangeFragment, DeskSaleFragment } from '../../gql/graphql';
import { merge, type Point } from '../live/course';
import { DeskCourse, DeskSaleById, DeskStockChanged } from './operations';
import { useAnswer } from './useAnswer';
import { useRestart } from './useRestart';

const POINTS = 200;

export interface LiveSale {
  /** Undefined before the first answer, null when there is no such sale. */
  sale: DeskSaleFragment | null | undefined;
  /** What operators did lately, the latest first. */
  changes: readonly DeskChangeFragment[];
  /** How often they did something, `changes` included. */
  changeCount: number;
  /** How many units were sold when: what the database knows, then what was heard since. */
  points: readonly Point[];
  /** The last attempt to ask for it failed; the next one comes by itself. */
  failed: boolean;
  refetch: () => void;
}

/** A sale as it stands, whichever way the news came: the highest revision wins. */
export function useLiveSale(id: string): LiveSale {
  const { data, failed, ask } = useSaleById(id);
  const asked = data?.saleStatus;
  const { event, heard } = useStock(id, ask);
  const course = useCourse(id);
  return {
    sale: data === undefined ? undefined : newest(asked ?? null, event),
    changes: asked?.changes.nodes ?? [],
    changeCount: asked?.changes.totalCount ?? 0,
    points: merge(course, heard),
    failed,
    refetch: () => void ask(),
  };
}

function useSaleById(id: string) {
  const client = useApolloClient();
  const { data } = useQuery(DeskSaleById, { variables: { id }, fetchPolicy: 'cache-only' });
  const question = useCallback(
    () => client.query({ query: DeskSaleById, variables: { id }, fetchPolicy: 'network-only' }),
    [client, id],
  );
  return { data, ...useAnswer(question) };
}

export function newest(
  a: DeskSaleFragment | null,
  b: DeskSaleFragment | null,
): DeskSaleFragment | null {
  if (!a || !b) return a;
  return b.revision > a.revision ? b : a;
}

/** Follows the stock. Whatever an operator did is asked for, with who did it. */
function useStock(id: string, ask: () => Promise<void>) {
  const [{ event, heard }, set] = useState<Heard>({ event: null, heard: [] });
  const { heard: alive, again } = useRestart();
  const { restart } = useSubscription(DeskStockChanged, {
    variables: { id },
    fetchPolicy: 'no-cache',
    ignoreResults: true,
    onData: ({ data: { data } }) => {
      if (!data) return;
      alive();
      const sale = data.stockChanged;
      if (event && isOperators(event, sale)) void ask();
      const point = { at: Date.parse(sale.serverTime), sold: sale.sold };
      set((before) => ({ event: sale, heard: merge(before.heard, [point]) }));
    },
    onError: () => again(restart),
    onComplete: () => again(restart),
  });
  return { event, heard };
}

interface Heard {
  event: DeskSaleFragment | null;
  heard: readonly Point[];
}

const isOperators = (a: DeskSaleFragment, b: DeskSaleFragment) =>
  a.phase !== b.phase || a.stock !== b.stock || a.startsAt !== b.startsAt || a.endsAt !== b.endsAt;

export function useCourse(id: string, points = POINTS): readonly Point[] {
  const client = useApolloClient();
  const { data } = useQuery(DeskCourse, { variables: { id, points }, fetchPolicy: 'cache-only' });
  const question = useCallback(
    () =>
      client.query({
        query: DeskCourse,
        variables: { id, points },
        fetchPolicy: 'network-only',
      }),
    [client, id, points],
  );
  useAnswer(question);
  return (data?.saleStatus?.soldAt ?? []).map(({ at, sold }) => ({ at: Date.parse(at), sold }));
}
