import { useTranslation } from 'react-i18next';
import type { DeskChangeFragment } from '../../gql/graphql';
import { useDeskFormat } from '../sale/useDeskFormat';

/** Who did what, and when: the latest first. */
export function ChangeLog({ changes }: { changes: readonly DeskChangeFragment[] }) {
  const { t } = useTranslation('desk');
  return (
    <section aria-labelledby="changes">
      <h2 id="changes">{t('changes.title')}</h2>
      {changes.length === 0 && <p className="quiet">{t('changes.none')}</p>}
      <ol className="changes">
        {changes.map((change) => (
          <Change key={change.id} {...change} />
        ))}
      </ol>
    </section>
  );
}

export function Change(change: DeskChangeFragment) {
  const format = useDeskFormat();
  return (
    <li>
      <time dateTime={change.changedAt} className="quiet tabular">
        {format.exactMoment(change.changedAt)}
      </time>
      <span>
        <b>
          <bdi>{change.changedBy}</bdi>
        </b>{' '}
        <Deed {...change} />
      </span>
    </li>
  );
}

/** "restocked it to 120 units" */
export function Deed({ kind, stock, sold, startsAt, endsAt }: DeskChangeFragment) {
  const { t } = useTranslation('desk');
  const format = useDeskFormat();
  return t(`changes.${kind}`, {
    stock: format.number(stock),
    sold: format.number(sold),
    start: format.moment(startsAt),
    end: endsAt ? format.moment(endsAt) : t('changes.openEnd'),
  });
}
