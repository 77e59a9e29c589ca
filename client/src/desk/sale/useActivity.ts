import { useSubscription } from '@apollo/client/react';
import { useState } from 'react';
import type { DeskActivityFragment } from '../../gql/graphql';
import { DeskSaleActivity } from './operations';
import { useRestart } from './useRestart';

export interface Seen {
  activity: DeskActivityFragment | null;
  /** The most that was sold in a second since this page was opened. */
  peak: number;
  /** The last time that there were answers to be timed, in milliseconds: kept while there are none. */
  slowest: number | null;
}

/** What goes on in a sale, about once a second. */
export function useActivity(id: string): Seen {
  const [seen, set] = useState<Seen>({ activity: null, peak: 0, slowest: null });
  const { heard, again } = useRestart();
  const { restart } = useSubscription(DeskSaleActivity, {
    variables: { id },
    fetchPolicy: 'no-cache',
    ignoreResults: true,
    onData: ({ data: { data } }) => {
      if (!data) return;
      heard();
      const activity = data.saleActivity;
      set((before) => ({
        activity,
        peak: Math.max(before.peak, activity.total.purchasesPerSecond),
        slowest: activity.total.answerP99Ms ?? before.slowest,
      }));
    },
    onError: () => again(restart),
    onComplete: () => again(restart),
  });
  return seen;
}
