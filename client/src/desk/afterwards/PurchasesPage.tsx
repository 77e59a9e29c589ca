import Button from '@mui/material/Button';
import TextField from '@mui/material/TextField';
import { useTranslation } from '../../shared/i18n/i18n';
import { usePresentSale } from '../sale/SaleFrame';
import { useDeskFormat } from '../sale/useDeskFormat';
import { useExport } from './exportCsv';
import { usePurchases } from './usePurchases';

/** Who bought: searched and paged by the server, exported in one file. */
export function PurchasesPage() {
  const { t } = useTranslation('desk');
  const format = useDeskFormat();
  const { sale } = usePresentSale();
  const { page, failed, typed, search, isFirst, toFirst, toNext } = usePurchases(sale.id);
  const total = page?.totalCount;
  return (
    <section aria-label={t('purchases.title')} className="purchases">
      <div className="tools">
        <TextField
          label={t('purchases.search')}
          helperText={t('purchases.searchHint')}
          value={typed}
          onChange={(event) => search(event.target.value)}
          size="small"
          autoComplete="off"
          slotProps={{ htmlInput: { spellCheck: false, dir: 'auto', maxLength: 80 } }}
        />
        <Export saleId={sale.id} />
      </div>
      <p role="status" className="quiet tabular">
        {failed && `${t('page.away')} `}
        {total !== undefined &&
          total > 0 &&
          t('purchases.found', { count: total, number: format.number(total) })}
        {total === 0 && t(typed.trim() === '' ? 'purchases.none' : 'purchases.noMatch')}
      </p>
      <Rows nodes={page?.nodes ?? []} />
      <div className="pager">
        <Button color="inherit" className="plain" disabled={isFirst} onClick={toFirst}>
          {t('purchases.first')}
        </Button>
        <Button
          color="inherit"
          className="plain"
          disabled={!page?.pageInfo.hasNextPage}
          onClick={toNext}
        >
          {t('purchases.next')}
        </Button>
      </div>
    </section>
  );
}

type Rows = NonNullable<ReturnType<typeof usePurchases>['page']>['nodes'];

function Rows({ nodes }: { nodes: Rows }) {
  const { t } = useTranslation('desk');
  const format = useDeskFormat();
  return (
    <table className="tabular list">
      <thead>
        <tr>
          <th scope="col">{t('purchases.number')}</th>
          <th scope="col">{t('purchases.shopper')}</th>
          <th scope="col">{t('purchases.time')}</th>
        </tr>
      </thead>
      <tbody>
        {nodes.map((purchase) => (
          <tr key={purchase.id}>
            <td>{format.number(purchase.ordinal)}</td>
            <td>
              <bdi>{purchase.shopperId}</bdi>
            </td>
            <td>{format.exactMoment(purchase.purchasedAt)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Export({ saleId }: { saleId: string }) {
  const { t } = useTranslation('desk');
  const format = useDeskFormat();
  const { state, start, stop } = useExport(saleId);
  const running = state.kind === 'running';
  return (
    <div className="export">
      <Button
        variant="outlined"
        color="inherit"
        className="plain"
        onClick={() => (running ? stop() : void start())}
      >
        {t(running ? 'purchases.stop' : 'purchases.export')}
      </Button>
      <span role="status" className="quiet tabular">
        {running && t('purchases.exporting', { size: format.bytes(state.size) })}
        {(state.kind === 'failed' || state.kind === 'busy') && t(`purchases.${state.kind}`)}
      </span>
    </div>
  );
}
