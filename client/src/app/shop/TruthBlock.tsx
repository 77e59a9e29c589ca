import { useTranslation } from '../../shared/i18n/i18n';
import { PrintedReceipt } from '../../features/purchase/Receipt';
import { usePurchase } from '../../features/purchase/usePurchase';
import { nextMoment } from '../../features/sale/phase';
import { useClockSamples } from '../../features/sale/useClockSamples';
import { useSoldOutSpan } from '../../features/sale/useSoldOutSpan';
import { useSession } from '../../features/session/session';
import type { SaleStatusQuery } from '../../gql/graphql';
import { useFormat } from '../../shared/format/useFormat';
import { useServerClock, useServerNow } from '../../shared/time/useServerNow';
import type { Config } from '../config';
import { Announcer } from './Announcer';
import { ConnectionNote } from './ConnectionNote';
import { slotsOf } from './slots';
import { truthOf } from './truth';
import { TruthBox } from './TruthBox';
import { useSignInSlots } from './useSignInSlots';

interface Props {
  sale: NonNullable<SaleStatusQuery['saleStatus']>;
  viewerId: string | null;
  /** The last question about the sale got no answer. */
  failed: boolean;
  refetch: () => Promise<void>;
  config: Config;
}

/** One truth in one place: what this sale is to this shopper, now. */
export function TruthBlock({ sale, viewerId, failed, refetch, config }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const { token, session } = useSession();
  const clock = useServerClock();
  const now = useServerNow(nextMoment(sale, clock.now()));
  useClockSamples(sale.phase === 'UPCOMING');
  const soldOutSpan = useSoldOutSpan(sale);
  const receipt = sale.viewerPurchase ?? null;
  const { state: purchase, buy } = usePurchase({
    saleId: sale.id,
    shopperId: viewerId,
    known: receipt !== null,
    onSignedOut: () => token !== null && session.refuse(token),
    onDoubt: refetch,
  });
  const signIn = useSignInSlots(config, sale.phase);
  const truth = truthOf({ sale, receipt, purchase, now });
  const refused = purchase.step === 'refused' ? purchase.why : null;
  const problem = refused === 'rejected' || refused === 'gone' ? t(`refused.${refused}`) : null;
  const slots = slotsOf(truth, {
    t,
    format,
    sale,
    product: sale.product,
    now,
    soldOutSpan,
    signIn: token === null ? signIn : null,
    ready: viewerId !== null,
    failed,
    problem,
    onBuy: buy,
  });
  return (
    <>
      <TruthBox kind={truth.kind} status={<ConnectionNote />} slots={slots} />
      <Announcer moment={{ truth, sale, problem }} />
      {receipt && (
        <PrintedReceipt
          receipt={receipt}
          product={sale.product}
          saleId={sale.id}
          stock={sale.stock}
        />
      )}
    </>
  );
}
