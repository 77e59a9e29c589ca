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
    <div
      className="meter"
      role="meter"
      aria-label={t('stock.meter')}
      aria-valuemin={0}
      aria-valuemax={stock}
      aria-valuenow={remaining}
      aria-valuetext={t('stock.leftPlain', {
        count: remaining,
        remaining: format.number(remaining),
        stock: format.number(stock),
      })}
    >
      <div
        className={isLastTenth(sale) ? 'last' : undefined}
        style={{ inlineSize: `${stock > 0 ? (remaining / stock) * 100 : 0}%` }}
      />
    </div>
  );
}
