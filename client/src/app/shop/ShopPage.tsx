import { useEffect, useState } from 'react';
import { useTranslation } from '../../shared/i18n/i18n';
import { onSettledElsewhere } from '../../features/purchase/wish';
import { ProductPicture, ProductTitle } from '../../features/sale/ProductView';
import { useSaleStatus } from '../../features/sale/useSaleStatus';
import { useStockChanges } from '../../features/sale/useStockChanges';
import { useSession } from '../../features/session/session';
import { useKeptFocus } from '../../shared/ui/useKeptFocus';
import type { Config } from '../config';
import { ActionPlace, ActionPlaceContext } from './actionPlace';
import { ConnectionNote } from './ConnectionNote';
import { Header } from './Header';
import { Hearing, Said } from './said';
import { TruthBlock } from './TruthBlock';
import { Plate, TruthBox } from './TruthBox';
import { Sentence, Words } from './words';

export function ShopPage({ config }: { config: Config }) {
  const { t } = useTranslation();
  const [place] = useState(() => new ActionPlace());
  const kept = useKeptFocus(actionOrWords);
  const { token } = useSession();
  const { data, failed, refetch } = useSaleStatus(token);
  const sale = data?.saleStatus;
  const product = sale?.product ?? null;
  useStockChanges(data ? (sale?.id ?? null) : undefined, refetch);
  useEffect(() => onSettledElsewhere(() => void refetch()), [refetch]);
  useTitle(product?.name);
  const viewerId = data?.viewer?.id ?? null;
  // The server has not said yet what this shopper owns: "sold out" would only scare an owner.
  const over = sale?.phase === 'SOLD_OUT' || sale?.phase === 'ENDED';
  const untold = over && token !== null && viewerId === null;
  return (
    <Hearing>
      <Header />
      <main className="shop">
        <ProductPicture product={product} />
        <div className="column">
          <div className="about">
            {product ? (
              <ProductTitle product={product} />
            ) : (
              <h1 className="unseen">{t('page.title')}</h1>
            )}
          </div>
          <ActionPlaceContext value={place}>
            <div className="truth" {...kept}>
              {sale && !untold ? (
                <TruthBlock
                  key={`${sale.id} ${viewerId}`}
                  sale={sale}
                  viewerId={viewerId}
                  failed={failed}
                  refetch={refetch}
                  config={config}
                />
              ) : (
                <NoSale known={data !== undefined && !untold} failed={failed} />
              )}
            </div>
          </ActionPlaceContext>
        </div>
      </main>
    </Hearing>
  );
}

/** What took the place of a control: another one, or the words that say why there is none. */
function actionOrWords(place: HTMLDivElement): HTMLElement | null {
  const inOrder = ['.action :is(input, button)', '.headline', '.plate'];
  return inOrder.reduce<HTMLElement | null>(
    (found, selector) => found ?? place.querySelector<HTMLElement>(selector),
    null,
  );
}

/** Nothing to show yet, or nothing at all. */
function NoSale({ known, failed }: { known: boolean; failed: boolean }) {
  const { t } = useTranslation();
  if (known) {
    const slots = {
      top: <Words title={t('none.title')} />,
      action: <Plate>{t('none.text')}</Plate>,
    };
    return (
      <>
        <TruthBox kind="none" status={<ConnectionNote />} slots={slots} />
        <Said>{t('none.title')}</Said>
      </>
    );
  }
  const top = failed ? <Sentence role="status">{t('away.text')}</Sentence> : null;
  return (
    <TruthBox
      kind={failed ? 'away' : 'loading'}
      status={failed ? null : <ConnectionNote />}
      slots={{ top }}
    />
  );
}

function useTitle(product: string | undefined): void {
  const { t } = useTranslation();
  const title = t('page.title');
  useEffect(() => {
    document.title = product ? `${product} · ${title}` : title;
  }, [product, title]);
}
