import useMediaQuery from '@mui/material/useMediaQuery';
import { useTheme } from '@mui/material/styles';
import { LineChart } from '@mui/x-charts/LineChart';
import { useTranslation } from '../../shared/i18n/i18n';
import { useDeskFormat } from '../sale/useDeskFormat';
import type { Course } from './course';

const SCALE_WIDTH = 64;
/** Half of the longest time below: one that stands at the end is not cut. */
const ROOM = 32;
/** Over shorter spans than these, ticks stand less than seconds, or minutes, apart. */
const SECONDS_APART_MS = 8_000;
const MINUTES_APART_MS = 300_000;
const INK = 'var(--ink)';
const GREEN = 'var(--good)';

const line = { showMark: false, area: true } as const;

/** Two charts that share their time: what is left above, how fast it went below. */
export function CourseLines({ course, rate }: { course: Course; rate: string }) {
  const { t } = useTranslation('desk');
  const format = useDeskFormat();
  const { time, scale, common } = useFrame(course);
  const narrow = useMediaQuery('(max-width: 600px)');
  const number = (value: number | null) => format.number(value ?? 0);
  const perSecond = (value: number | null) => format.rate(value ?? 0);
  const still = course.rate.every((value) => value === 0);
  return (
    <div className="lines">
      <LineChart
        {...common}
        height={170}
        xAxis={[{ ...time, position: 'none', height: 0 }]}
        yAxis={[{ ...scale, valueFormatter: (value: number) => format.scale(value) }]}
        series={[
          {
            ...line,
            curve: 'stepAfter',
            data: course.left,
            label: t('chart.stock'),
            color: INK,
            valueFormatter: number,
          },
        ]}
      />
      <LineChart
        {...common}
        height={106}
        xAxis={[
          {
            ...time,
            height: 26,
            tickNumber: narrow ? 2 : 5,
            tickLabelMinGap: 14,
            disableTicks: true,
          },
        ]}
        // Nothing sold is a line at the foot, not half way up a scale without an end.
        yAxis={[{ ...scale, ...(still && { max: 1 }), tickNumber: 2, valueFormatter: perSecond }]}
        series={[
          {
            ...line,
            curve: 'stepBefore',
            data: course.rate,
            label: rate,
            color: GREEN,
            valueFormatter: perSecond,
          },
        ]}
      />
    </div>
  );
}

/** What both have in common. Time runs the way that the language is read. */
function useFrame(course: Course) {
  const format = useDeskFormat();
  const rtl = useTheme().direction === 'rtl';
  const span = Number(course.at.at(-1)) - Number(course.at[0]);
  const tick = (at: number) => {
    if (span < SECONDS_APART_MS) return format.timeWithTenths(at);
    return span < MINUTES_APART_MS ? format.timeWithSeconds(at) : format.time(at);
  };
  return {
    time: {
      data: course.at,
      scaleType: 'time' as const,
      reverse: rtl,
      valueFormatter: (at: Date, { location }: { location: string }) =>
        location === 'tick' ? tick(at.getTime()) : format.exactMoment(at.getTime()),
    },
    scale: {
      width: SCALE_WIDTH,
      min: 0,
      tickNumber: 3,
      position: rtl ? ('right' as const) : ('left' as const),
      disableLine: true,
      disableTicks: true,
    },
    common: {
      skipAnimation: true,
      // A stop without a name or a ring, on the way to the controls; the figure's caption tells the course.
      disableKeyboardNavigation: true,
      hideLegend: true,
      grid: { horizontal: true },
      margin: { top: 10, bottom: 0, left: rtl ? ROOM : 0, right: rtl ? 0 : ROOM },
    },
  };
}
