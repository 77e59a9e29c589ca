import { useEffect, useState } from 'react';
import { useLost } from '../../shared/connection/useLost';
import { useTranslation } from '../../shared/i18n/i18n';
import type { DeskChangeFragment, DeskSaleFragment } from '../../gql/graphql';
import { useDeskFormat } from '../sale/useDeskFormat';
import { courseOf, liveWindow, type Point, SECOND, wholeWindow } from './course';
import { CourseLines } from './CourseLines';

interface Props {
  sale: DeskSaleFragment;
  changes: readonly DeskChangeFragment[];
  points: readonly Point[];
  /** The whole sale from its first unit to its last, as a report shows it. */
  whole?: boolean;
}

/** Stock over purchases a second, one time for both. */
export function CourseChart({ sale, changes, points, whole = false }: Props) {
  const { t } = useTranslation('desk');
  const format = useDeskFormat();
  const over = sale.phase === 'ENDED' || sale.phase === 'SOLD_OUT';
  const still = whole || over;
  // What goes on without a connection, nobody here knows: the lines end there, and go on when it is back.
  const lost = useLost();
  const now = useNow(still || lost, Date.parse(sale.serverTime));
  const window = still ? wholeWindow(points) : liveWindow(Date.parse(sale.startsAt), now);
  const [first, last] = [points[0], points.at(-1)];
  const summary =
    first && last
      ? t('chart.summary', {
          count: sale.sold,
          sold: format.number(sale.sold),
          from: format.exactMoment(first.at),
          to: format.exactMoment(last.at),
          remaining: format.number(sale.remaining),
        })
      : t('chart.empty');
  const stockings = changes.map(({ changedAt, stock }) => ({ at: Date.parse(changedAt), stock }));
  const course = window && courseOf(points, stockings, sale.stock, window);
  // Of a step that is longer than a second, the fastest one is shown: as the number above it, and as in the report.
  const rate = t(course && course.step > SECOND ? 'chart.most' : 'chart.rate');
  return (
    <figure className="course">
      <figcaption>
        <span className="key left">{t('chart.stock')}</span>
        <span className="key rate">{rate}</span>
        <span className="unseen">{summary}</span>
      </figcaption>
      {course ? (
        <CourseLines course={course} rate={rate} />
      ) : (
        <p className="quiet empty">{t('chart.empty')}</p>
      )}
    </figure>
  );
}

/** The server's time as last heard, going on by this machine's count while something may still happen. */
function useNow(still: boolean, serverTime: number): number {
  const [passed, set] = useState({ of: serverTime, since: 0 });
  useEffect(() => {
    if (still) return;
    const began = performance.now();
    const timer = setInterval(() => {
      set({ of: serverTime, since: performance.now() - began });
    }, 1000);
    return () => clearInterval(timer);
  }, [still, serverTime]);
  return serverTime + (passed.of === serverTime ? passed.since : 0);
}
