import LinearProgress from '@mui/material/LinearProgress';
import { useTranslation } from '../../shared/i18n/i18n';
import type { SaleLiveFragment } from '../../gql/graphql';
import { useFormat } from '../../shared/format/useFormat';
import { isLastTenth } from './phase';

/** How much is left, as a length. The words that say the same stand elsewhere. */
export function StockMeter({ sale }: { sale: Pick<SaleLiveFragment, 'remaining' | 'stock'> }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { remaining, stock } = sale;
  return (
    <LinearProgress
      variant="determinate"
      role="meter"
      color={isLastTenth(sale) ? 'primary' : 'secondary'}
      max={stock}
      value={remaining}
      aria-label={t('stock.meter')}
      aria-valuetext={t('stock.leftPlain', {
        count: remaining,
        remaining: format.number(remaining),
        stock: format.number(stock),
      })}
    />
  );
}
