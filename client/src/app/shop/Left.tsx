import Typography from '@mui/material/Typography';
import type { CSSProperties } from 'react';
import { isLastTenth } from '../../features/sale/phase';
import type { SaleLiveFragment } from '../../gql/graphql';
import type { Format } from '../../shared/format/format';
import type { Translate } from '../../shared/i18n/texts';

interface Props {
  t: Translate;
  format: Format;
  sale: Pick<SaleLiveFragment, 'remaining' | 'stock'>;
}

/** From here on the words that name the stock stand on a line of their own. */
const LARGE = 1000;

/**
 * "37 of 100 left". Its form comes of the stock alone, and not of what is left: nothing grows or changes its line while
 * the number falls.
 */
export function Left({ t, format, sale }: Props) {
  const stock = format.number(sale.stock);
  const remaining = format.number(sale.remaining);
  const text = t('stock.left', { count: sale.remaining, remaining, stock });
  const [before = '', number, after = ''] = text.split(/<\/?n>/);
  const words = (part: string) =>
    part.includes(stock) ? <span className="of">{part}</span> : part;
  const beside = [before, after].filter((part) => !part.includes(stock)).join('');
  // How many characters share the number's line, for the sheet to give them room.
  const lengths = { '--digits': stock.length, '--beside': beside.length } as CSSProperties;
  return (
    <Typography
      component="div"
      className={sale.stock < LARGE ? 'left' : 'left large'}
      style={lengths}
    >
      {words(before)}
      <span className={isLastTenth(sale) ? 'numeral last' : 'numeral'}>{number}</span>
      {words(after)}
    </Typography>
  );
}
