import Button from '@mui/material/Button';
import { BuyButton } from '../../features/purchase/BuyButton';
import { ReceiptLine } from '../../features/purchase/Receipt';
import { StockMeter } from '../../features/sale/StockMeter';
import type { ProductViewFragment, SaleLiveFragment } from '../../gql/graphql';
import type { Translate } from '../../shared/i18n/texts';
import { type Format, sameDay } from '../../shared/format/format';
import { BusyNote } from './BusyNote';
import { Guarded } from './Guarded';
import { Left } from './Left';
import type { Truth } from './truth';
import { NOTE_ID, Plate, type Slots } from './TruthBox';
import { Sentence, Tick, Words } from './words';

export interface Showing {
  t: Translate;
  format: Format;
  sale: SaleLiveFragment;
  product: ProductViewFragment;
  now: number;
  soldOutSpan: number | null;
  /** A signed-out shopper's way in, where the buy button would stand. */
  signIn: Pick<Slots, 'action' | 'note'> | null;
  /** The shopper is known and may press the button. */
  ready: boolean;
  /** The server could not be asked who the shopper is, or what they own. */
  failed: boolean;
  problem: string | null;
  onBuy: () => void;
}

/** The words for each truth, in their places. */
export function slotsOf(truth: Truth, showing: Showing): Slots {
  switch (truth.kind) {
    case 'upcoming':
      return upcoming(truth.left, showing);
    case 'active':
      return active(showing);
    case 'buying':
    case 'busy':
    case 'unknown':
      return underWay(truth, showing);
    case 'bought':
      return bought(truth, showing);
    case 'soldOut':
      return soldOut(showing);
    case 'paused':
      return paused(showing);
    case 'ended':
      return ended(showing);
  }
}

const TWO_DAYS_MS = 48 * 3_600_000;

function upcoming(left: number, showing: Showing): Slots {
  const { t, format, sale, now } = showing;
  const opens = Date.parse(sale.startsAt);
  const units = t('upcoming.units', { count: sale.stock, units: format.number(sale.stock) });
  const today = sameDay(opens, now);
  const when = today
    ? t('upcoming.opensAt', { time: format.time(opens) })
    : t('upcoming.opensOn', { day: format.shortDay(opens), time: format.time(opens) });
  const far = left >= TWO_DAYS_MS;
  return {
    top: (
      <div role="timer" aria-label={t('upcoming.countdown')}>
        <bdi className="numeral" dir={far ? undefined : 'ltr'}>
          {far ? format.days(Math.round(left / (TWO_DAYS_MS / 2))) : format.countdown(left)}
        </bdi>
      </div>
    ),
    meter: <StockMeter sale={sale} />,
    // A day and a time fill the line.
    line: today ? `${when} · ${units}` : when,
    ...(showing.signIn ?? buying(showing, false, today ? null : units)),
  };
}

function active(showing: Showing): Slots {
  const { t, format, sale, now } = showing;
  const until = () => {
    if (sale.endsAt == null) return t('active.oneEach');
    const at = Date.parse(sale.endsAt);
    const time = format.time(at);
    if (sameDay(at, now)) return t('active.until', { time });
    return t('active.untilOn', { day: format.shortDay(at), time });
  };
  return {
    top: <Left {...showing} />,
    meter: <StockMeter sale={sale} />,
    line: until(),
    ...(showing.signIn ?? buying(showing, true, showing.problem)),
  };
}

function underWay(truth: Truth, showing: Showing): Slots {
  const { t, sale } = showing;
  const unknown = truth.kind === 'unknown';
  return {
    top: unknown ? <Sentence>{t('unknown.text')}</Sentence> : <Left {...showing} />,
    meter: <StockMeter sale={sale} />,
    line: truth.kind === 'busy' ? t('buying.note') : null,
    action: (
      <Guarded name="buy">
        {() => (
          <BuyButton open busy onBuy={showing.onBuy}>
            {t(unknown ? 'unknown.button' : 'buying.button')}
          </BuyButton>
        )}
      </Guarded>
    ),
    note:
      truth.kind === 'busy' ? (
        <BusyNote key={truth.delayMs} delayMs={truth.delayMs} />
      ) : (
        t('buying.note')
      ),
  };
}

function bought(truth: Truth & { kind: 'bought' }, { t, format, sale, now }: Showing): Slots {
  const at = Date.parse(truth.receipt.purchasedAt);
  const time = format.timeWithSeconds(at);
  const earlier = sameDay(at, now)
    ? t('bought.earlier', { time })
    : t('bought.earlierOn', { day: format.day(at), time });
  return {
    top: (
      <Words title={t('bought.title')} mark={<Tick />}>
        <ReceiptLine receipt={truth.receipt} stock={sale.stock} />
      </Words>
    ),
    meter: <StockMeter sale={sale} />,
    line: truth.earlier ? earlier : t('bought.at', { time }),
    action: (
      <Guarded name="print" unhurried>
        {(settled) => (
          <Button
            variant="outlined"
            color="secondary"
            fullWidth
            aria-disabled={!settled}
            onClick={() => window.print()}
          >
            {t('bought.print')}
          </Button>
        )}
      </Guarded>
    ),
  };
}

function soldOut({ t, format, sale, soldOutSpan, signIn }: Showing): Slots {
  const units = { count: sale.stock, units: format.number(sale.stock) };
  return {
    top: (
      <Words title={t('soldOut.title')}>
        {soldOutSpan === null
          ? t('soldOut.thanks', units)
          : t('soldOut.span', { ...units, span: format.span(soldOutSpan) })}
      </Words>
    ),
    meter: <StockMeter sale={sale} />,
    line: signIn ? t('soldOut.more') : null,
    ...(signIn ?? { action: <Plate>{t('soldOut.more')}</Plate> }),
  };
}

function paused(showing: Showing): Slots {
  const { t, sale } = showing;
  return {
    top: <Words title={t('paused.title')}>{t('paused.text')}</Words>,
    meter: <StockMeter sale={sale} />,
    ...(showing.signIn ?? buying(showing, false, null)),
  };
}

function ended({ t, format, sale, now, signIn }: Showing): Slots {
  const at = sale.endsAt == null ? null : Date.parse(sale.endsAt);
  const when = () => {
    if (at === null || at > now) return t('ended.thanks');
    if (sameDay(at, now)) return t('ended.at', { time: format.time(at) });
    return t('ended.on', { day: format.day(at), time: format.time(at) });
  };
  return {
    top: <Words title={t('ended.title')}>{when()}</Words>,
    meter: <StockMeter sale={sale} />,
    ...(signIn ?? { action: <Plate>{t('none.text')}</Plate> }),
  };
}

/** The button and the note below it, which says why the button cannot be ready. */
function buying(showing: Showing, open: boolean, note: string | null) {
  const { t, format, product, ready, failed, onBuy } = showing;
  const { price } = product;
  return {
    action: (
      <Guarded name="buy">
        {(settled) => (
          <BuyButton open={open && ready && settled} onBuy={onBuy} describedBy={NOTE_ID}>
            {price
              ? t('active.buyFor', { price: format.money(price.amount, price.currencyCode) })
              : t('active.buy')}
          </BuyButton>
        )}
      </Guarded>
    ),
    note: failed && !ready ? <span role="status">{t('active.unready')}</span> : note,
  };
}
