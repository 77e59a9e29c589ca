import Box from '@mui/material/Box';
import { createPortal } from 'react-dom';
import { useTranslation } from 'react-i18next';
import { graphql } from '../../gql';
import type { ReceiptFragment } from '../../gql/graphql';
import { useFormat } from '../../shared/format/useFormat';
import { Rich } from '../../shared/ui/Rich';

export const Receipt = graphql(`
  fragment Receipt on Purchase {
    id
    ordinal
    purchasedAt
    shopperId
  }
`);

/** "You are number 37 of 100." */
export function ReceiptLine({ receipt, stock }: { receipt: ReceiptFragment; stock: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const text = t('bought.number', {
    ordinal: format.number(receipt.ordinal),
    stock: format.number(stock),
  });
  return <Rich text={text} n={(number) => <strong className="tabular">{number}</strong>} />;
}

interface PrintedProps {
  receipt: ReceiptFragment;
  product: string;
  stock: number;
}

/** On paper only: what was bought, when, by whom, as which number. */
export function PrintedReceipt({ receipt, product, stock }: PrintedProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const at = Date.parse(receipt.purchasedAt);
  const rows = [
    [t('receipt.product'), product],
    [
      t('receipt.number'),
      t('receipt.numberOf', {
        ordinal: format.number(receipt.ordinal),
        stock: format.number(stock),
      }),
    ],
    [t('receipt.time'), `${format.day(at)}, ${format.timeWithSeconds(at)}`],
    [t('receipt.shopper'), receipt.shopperId],
    [t('receipt.id'), receipt.id],
  ];
  return createPortal(
    <Box className="printed" sx={{ display: 'none' }}>
      <h1>{t('receipt.title')}</h1>
      <dl>
        {rows.map(([term, value]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Box>,
    document.body,
  );
}
