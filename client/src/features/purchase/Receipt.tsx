import { createPortal } from 'react-dom';
import { useTranslation } from '../../shared/i18n/i18n';
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
  product: { name: string; price: { amount: string; currencyCode: string } | null };
  saleId: string;
  stock: number;
}

/** On paper only: what was bought, when, by whom, in which sale, as which number. */
export function PrintedReceipt({ receipt, product, saleId, stock }: PrintedProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const at = Date.parse(receipt.purchasedAt);
  const { price } = product;
  const ordinal = format.number(receipt.ordinal);
  const rows = [
    [t('receipt.product'), product.name],
    [t('receipt.price'), price && format.money(price.amount, price.currencyCode)],
    [t('receipt.number'), t('receipt.numberOf', { ordinal, stock: format.number(stock) })],
    [t('receipt.time'), `${format.fullDay(at)}, ${format.timeWithSeconds(at)}`],
    [t('receipt.shopper'), receipt.shopperId],
    [t('receipt.id'), receipt.id],
    [t('receipt.sale'), saleId],
  ];
  return createPortal(
    <article className="printed">
      <p>{t('page.title')}</p>
      <h1>{t('receipt.title')}</h1>
      <bdi className="numeral">{ordinal}</bdi>
      <dl>
        {rows.map(
          ([term, value]) =>
            value != null && (
              <div key={term}>
                <dt>{term}</dt>
                <dd>
                  <bdi>{value}</bdi>
                </dd>
              </div>
            ),
        )}
      </dl>
    </article>,
    document.body,
  );
}
