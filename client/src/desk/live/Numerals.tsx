import type { CSSProperties } from 'react';
import { useTranslation } from '../../shared/i18n/i18n';
import type { DeskSaleFragment } from '../../gql/graphql';
import type { Seen } from '../sale/useActivity';
import { useDeskFormat } from '../sale/useDeskFormat';
import { fastestOf, type Point } from './course';

interface Props extends Seen {
  sale: DeskSaleFragment;
  points: readonly Point[];
}

/** Six numbers to read in a glance. */
export function Numerals({ sale, activity, points, peak, slowest }: Props) {
  const { t } = useTranslation('desk');
  const format = useDeskFormat();
  const total = activity?.total;
  const unknown = '–';
  const refused = total?.refusals.reduce((sum, { perSecond }) => sum + perSecond, 0);
  const servers = activity?.replicas.filter(({ silent }) => !silent).length ?? 0;
  // Remaining and sold together are the stock: neither grows or shrinks while the other does.
  const digits = format.number(sale.stock).length;
  // Who has just sat down knows from the sale's course how fast it went before.
  const most = Math.max(peak, fastestOf(points));
  const last = sale.remaining * 10 <= sale.stock && sale.remaining > 0;
  return (
    <dl className="numerals">
      <Numeral
        name={t('numeral.remaining')}
        value={format.number(sale.remaining)}
        digits={digits}
        note={t('numeral.ofStock', { stock: format.number(sale.stock) })}
        accent={last}
      />
      <Numeral
        name={t('numeral.sold')}
        value={format.number(sale.sold)}
        digits={digits}
        note={t('numeral.share', { share: format.percent(sale.sold / sale.stock) })}
      />
      <Numeral
        name={t('numeral.perSecond')}
        value={total ? format.rate(total.purchasesPerSecond) : unknown}
        note={most > 0 ? t('numeral.peak', { peak: format.rate(most) }) : null}
      />
      <Numeral
        name={t('numeral.refused')}
        value={refused === undefined ? unknown : format.rate(refused)}
        note={total && refused === 0 ? t('numeral.none') : null}
      />
      <Numeral
        name={t('numeral.watching')}
        value={total ? format.number(total.subscribers) : unknown}
        note={
          servers > 0
            ? t('numeral.servers', { count: servers, number: format.number(servers) })
            : null
        }
      />
      <Numeral
        name={t('numeral.slowest')}
        value={slowest === null ? unknown : format.took(slowest)}
        note={t(total && total.answerP99Ms == null ? 'numeral.none' : 'numeral.atLeast')}
      />
    </dl>
  );
}

interface NumeralProps {
  name: string;
  value: string;
  /** How many characters it may come to have: it is written so large that they have room. */
  digits?: number;
  note: string | null;
  accent?: boolean;
}

function Numeral({ name, value, digits = value.length, note, accent = false }: NumeralProps) {
  const room = { '--digits': digits } as CSSProperties;
  return (
    <div>
      <dt>{name}</dt>
      <dd className={accent ? 'numeral tabular accent' : 'numeral tabular'} style={room}>
        {value}
      </dd>
      <dd className="note tabular">{note}</dd>
    </div>
  );
}
