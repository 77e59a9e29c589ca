import { useMemo } from 'react';
import { useTranslation } from '../../shared/i18n/i18n';
import { type Format, sameDay } from '../../shared/format/format';
import { useFormat } from '../../shared/format/useFormat';
import { regionOf } from '../../shared/i18n/languages';

export interface DeskFormat extends Format {
  /** 1,234 or 3.4 */
  rate(value: number): string;
  /** 250,000 or 1.5M: a number on a scale, where there is little room. */
  scale(value: number): string;
  /** 3.4 ms, 1.25 s */
  took(ms: number): string;
  /** 37 % */
  percent(part: number): string;
  /** 18:02:11.4 */
  timeWithTenths(at: number): string;
  /** 12.4 MB */
  bytes(size: number): string;
  /** The time of today, or the day with it. */
  moment(at: string | number): string;
  /** As `moment`, with seconds. */
  exactMoment(at: string | number): string;
}

export function useDeskFormat(): DeskFormat {
  const format = useFormat();
  const { language } = useTranslation();
  const region = regionOf(language, navigator.languages);
  return useMemo(() => createDeskFormat(format, region), [format, region]);
}

function createDeskFormat(format: Format, language: string): DeskFormat {
  const number = (options: Intl.NumberFormatOptions) => new Intl.NumberFormat(language, options);
  const whole = number({ maximumFractionDigits: 0 });
  const tenths = number({ maximumFractionDigits: 1 });
  const compact = number({ notation: 'compact', maximumFractionDigits: 1 });
  const percent = number({ style: 'percent', maximumFractionDigits: 1 });
  const unit = (name: string, digits: number) =>
    number({ style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: digits });
  const [ms, finerMs, seconds, megabytes] = [
    unit('millisecond', 0),
    unit('millisecond', 1),
    unit('second', 2),
    unit('megabyte', 1),
  ];
  const day = new Intl.DateTimeFormat(language, {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
  });
  const exactDay = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' });
  const tenthsOfSeconds = new Intl.DateTimeFormat(language, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 1,
  });
  const timeOf = (at: string | number) => (typeof at === 'number' ? at : Date.parse(at));
  const isToday = (at: number) => sameDay(at, Date.now());
  return {
    ...format,
    rate: (value) => (value < 10 ? tenths : whole).format(value),
    scale: (value) => (value < 1e6 ? whole : compact).format(value),
    took: (value) => {
      if (value >= 1000) return seconds.format(value / 1000);
      return (value < 10 ? finerMs : ms).format(value);
    },
    percent: (part) => percent.format(part),
    timeWithTenths: (at) => tenthsOfSeconds.format(at),
    bytes: (size) => megabytes.format(size / 1e6),
    moment: (at) => {
      const time = timeOf(at);
      return isToday(time) ? format.time(time) : day.format(time);
    },
    exactMoment: (at) => {
      const time = timeOf(at);
      return isToday(time) ? format.timeWithSeconds(time) : exactDay.format(time);
    },
  };
}
