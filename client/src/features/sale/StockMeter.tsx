import Box from '@mui/material/Box';
import { useTranslation } from 'react-i18next';
import type { SaleLiveFragment } from '../../gql/graphql';
import { useFormat } from '../../shared/format/useFormat';
import { isLastTenth } from './phase';

/** How much is left, as a length. The words that say the same stand elsewhere. */
export function StockMeter({ sale }: { sale: Pick<SaleLiveFragment, 'remaining' | 'stock'> }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { remaining, stock } = sale;
  return (
    <Box
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
      sx={{ height: 6, borderRadius: 3, backgroundColor: 'divider', overflow: 'hidden' }}
    >
      <Box
        sx={{
          height: '100%',
          borderRadius: 3,
          backgroundColor: isLastTenth(sale) ? 'primary.main' : 'text.primary',
          transition: 'inline-size 160ms ease-out, background-color 160ms',
          '@media (prefers-reduced-motion: reduce)': { transition: 'none' },
        }}
        style={{ inlineSize: `${stock > 0 ? (remaining / stock) * 100 : 0}%` }}
      />
    </Box>
  );
}
