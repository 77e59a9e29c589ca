import { useTranslation } from '../../shared/i18n/i18n';
import type { DeskActivityFragment, DeskFiguresFragment } from '../../gql/graphql';
import { type DeskFormat, useDeskFormat } from '../sale/useDeskFormat';

/** Every server of the shop, and all together. */
export function Replicas({ activity }: { activity: DeskActivityFragment | null }) {
  const { t } = useTranslation('desk');
  const format = useDeskFormat();
  return (
    <section aria-labelledby="replicas">
      <h2 id="replicas">{t('replicas.title')}</h2>
      {activity ? (
        <div className="wide" role="group" aria-labelledby="replicas" tabIndex={0}>
          <table className="tabular">
            <thead>
              <tr>
                <th scope="col">{t('replicas.name')}</th>
                <th scope="col">{t('replicas.sold')}</th>
                <th scope="col">{t('replicas.refused')}</th>
                <th scope="col">{t('replicas.watching')}</th>
                <th scope="col">{t('replicas.batch')}</th>
                <th scope="col">{t('replicas.commit')}</th>
                <th scope="col">{t('replicas.slowest')}</th>
                <th scope="col">{t('replicas.retries')}</th>
                <th scope="col">{t('replicas.waiting')}</th>
              </tr>
            </thead>
            <tbody>
              {activity.replicas.map((replica) => (
                <Row key={replica.id} {...replica} format={format} />
              ))}
            </tbody>
            {activity.replicas.length > 1 && (
              <tfoot>
                <tr>
                  <th scope="row">{t('replicas.total')}</th>
                  <Figures figures={activity.total} format={format} />
                </tr>
              </tfoot>
            )}
          </table>
        </div>
      ) : (
        <p className="quiet">{t('replicas.loading')}</p>
      )}
    </section>
  );
}

type Replica = DeskActivityFragment['replicas'][number];

function Row({ name, self, silent, heardAt, figures, format }: Replica & { format: DeskFormat }) {
  const { t } = useTranslation('desk');
  return (
    <tr className={silent ? 'silent' : undefined}>
      <th scope="row">
        <bdi>{name}</bdi>
        {self && <span className="quiet"> · {t('replicas.self')}</span>}
      </th>
      {silent ? (
        <td colSpan={8} className="word">
          {t('replicas.silent', { time: format.exactMoment(heardAt) })}
        </td>
      ) : (
        <Figures figures={figures} format={format} />
      )}
    </tr>
  );
}

function Figures({ figures, format }: { figures: DeskFiguresFragment; format: DeskFormat }) {
  const took = (ms: number | null | undefined) => (ms == null ? '–' : format.took(ms));
  const refused = figures.refusals.reduce((sum, { perSecond }) => sum + perSecond, 0);
  const retries = figures.retries.reduce((sum, { count }) => sum + count, 0);
  return (
    <>
      <td>{format.rate(figures.purchasesPerSecond)}</td>
      <td>{format.rate(refused)}</td>
      <td>{format.number(figures.subscribers)}</td>
      <td>{figures.batchSize == null ? '–' : format.rate(figures.batchSize)}</td>
      <td>
        {took(figures.commitP50Ms)} · {took(figures.commitP99Ms)}
      </td>
      <td>{took(figures.answerP99Ms)}</td>
      <td>{format.number(retries)}</td>
      <td>
        {format.number(figures.inFlight)} · {format.number(figures.queued)}
      </td>
    </>
  );
}
