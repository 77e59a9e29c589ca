import Button from '@mui/material/Button';
import type { ReactNode } from 'react';
import { useTranslation } from '../../shared/i18n/i18n';
import { useSession } from '../../features/session/session';
import type { DeskChangeFragment, DeskSaleFragment } from '../../gql/graphql';
import { ChangeLog } from '../live/ChangeLog';
import type { Point } from '../live/course';
import { CourseChart } from '../live/CourseChart';
import { useDeskFormat } from '../sale/useDeskFormat';
import { paceOf, times } from './report';

interface Props {
  sale: DeskSaleFragment;
  changes: readonly DeskChangeFragment[];
  changeCount: number;
  points: readonly Point[];
}

/** As many as one page has room for, below the rest, in every language. */
const MOST_CHANGES = 18;

/** The sale on one page of paper. */
export function ReportView(props: Props) {
  const { t } = useTranslation('desk');
  const format = useDeskFormat();
  const { name } = useSession();
  return (
    <article className="report">
      <div className="tools">
        <p className="quiet tabular">
          {t('report.made', { time: format.exactMoment(props.sale.serverTime), who: name ?? '' })}
        </p>
        <Button variant="outlined" color="inherit" className="plain" onClick={() => window.print()}>
          {t('report.print')}
        </Button>
      </div>
      <Facts {...props} />
      <h2>{t('report.course')}</h2>
      <CourseChart {...props} whole />
      <ChangeLog changes={props.changes.slice(0, MOST_CHANGES)} count={props.changeCount} />
    </article>
  );
}

function Facts({ sale, changes, points }: Props) {
  const { t } = useTranslation('desk');
  const format = useDeskFormat();
  const pace = paceOf(points);
  const { price, name, sku } = sale.product;
  const ended = changes.find(({ kind }) => kind === 'ENDED')?.changedAt ?? sale.endsAt;
  const end = ended ? format.moment(ended) : t('when.noEnd');
  return (
    <dl className="facts tabular">
      <Fact name={t('report.product')}>
        <bdi>{name}</bdi> · <bdi>{sku}</bdi>
      </Fact>
      <Fact name={t('report.sold')}>
        {t('report.soldOf', {
          sold: format.number(sale.sold),
          stock: format.number(sale.stock),
          share: format.percent(sale.sold / sale.stock),
        })}
      </Fact>
      {price && (
        <Fact name={t('report.revenue')}>
          {format.money(times(price.amount, sale.sold), price.currencyCode)}
        </Fact>
      )}
      <Fact name={t('report.window')}>
        {format.moment(sale.startsAt)} – {end}
      </Fact>
      {pace && (
        <>
          <Fact name={t('report.first')}>{format.exactMoment(pace.first)}</Fact>
          <Fact name={t('report.last')}>{format.exactMoment(pace.last)}</Fact>
          <Fact name={t('report.span')}>{format.span(pace.span)}</Fact>
          <Fact name={t('report.half')}>{format.span(pace.half)}</Fact>
          {pace.fastest > 0 && (
            <Fact name={t('report.fastest')}>
              {t('report.units', { count: pace.fastest, number: format.number(pace.fastest) })}
            </Fact>
          )}
        </>
      )}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
