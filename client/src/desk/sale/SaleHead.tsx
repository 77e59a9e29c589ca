import { useTranslation } from '../../shared/i18n/i18n';
import type { DeskChangeFragment, DeskSaleFragment } from '../../gql/graphql';
import { PageTitle } from '../frame/PageTitle';
import { useDeskFormat } from './useDeskFormat';

interface Props {
  sale: DeskSaleFragment;
  changes: readonly DeskChangeFragment[];
}

export function SaleHead({ sale, changes }: Props) {
  const { name } = sale.product;
  // The same lamp may be sold twice.
  const tab = [name, useDeskFormat().moment(sale.startsAt)];
  return (
    <div className="sale-head">
      <PageTitle tab={tab}>{name}</PageTitle>
      <Phase phase={sale.phase} />
      <p className="quiet tabular">
        <Window sale={sale} changes={changes} />
      </p>
    </div>
  );
}

function Phase({ phase }: Pick<DeskSaleFragment, 'phase'>) {
  const { t } = useTranslation('desk');
  return <span className={`phase ${phase}`}>{t(`phase.${phase}`)}</span>;
}

/** "Opened 18:00 · ends 19:00" */
function Window({ sale, changes }: Props) {
  const { t } = useTranslation('desk');
  const format = useDeskFormat();
  const opened = Date.parse(sale.serverTime) >= Date.parse(sale.startsAt);
  const ended = changes.find(({ kind }) => kind === 'ENDED')?.changedAt;
  const start = t(opened ? 'when.opened' : 'when.opens', { time: format.moment(sale.startsAt) });
  let end = t('when.noEnd');
  if (sale.phase === 'ENDED') {
    const time = ended ?? sale.endsAt;
    end = time ? t('when.ended', { time: format.moment(time) }) : '';
  } else if (sale.endsAt) end = t('when.ends', { time: format.moment(sale.endsAt) });
  return [start, end].filter(Boolean).join(' · ');
}
