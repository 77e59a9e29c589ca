import { useQuery, useSubscription } from '@apollo/client/react';
import { useEffect, useState } from 'react';
import type { DeskChangeFragment, DeskSaleFragment } from '../../gql/graphql';
import { useConnection } from '../../shared/connection/connection';
import { merge, type Point } from '../live/course';
import { DeskCourse, DeskSaleById, DeskStockChanged } from './operations';
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
  failed: boolean;
  refetch: () => void;
}

/** A sale as it stands, whichever way the news came: the highest revision wins. */
export function useLiveSale(id: string): LiveSale {
  const { data, error, refetch } = useQuery(DeskSaleById, {
    variables: { id },
    fetchPolicy: 'cache-and-network',
  });
  const asked = data?.saleStatus;
  const { event, heard } = useStock(id, refetch);
  const course = useCourse(id);
  const lives = useConnection().lives;
  useEffect(() => {
    if (lives > 1) void refetch().catch(() => undefined); // something may have been missed
  }, [lives, refetch]);
  return {
    sale: data === undefined ? undefined : newest(asked ?? null, event),
    changes: asked?.changes.nodes ?? [],
    changeCount: asked?.changes.totalCount ?? 0,
    points: merge(course, heard),
    failed: error !== undefined && data === undefined,
    refetch: () => void refetch().catch(() => undefined),
  };
}

export function newest(
  a: DeskSaleFragment | null,
  b: DeskSaleFragment | null,
): DeskSaleFragment | null {
  if (!a || !b) return a;
  return b.revision > a.revision ? b : a;
}

/** Follows the stock. Whatever an operator did is asked for, with who did it. */
function useStock(id: string, refetch: () => Promise<unknown>) {
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
      if (event && isOperators(event, sale)) void refetch().catch(() => undefined);
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
  const { data } = useQuery(DeskCourse, {
    variables: { id, points },
    fetchPolicy: 'network-only',
  });
  return (data?.saleStatus?.soldAt ?? []).map(({ at, sold }) => ({ at: Date.parse(at), sold }));
}
