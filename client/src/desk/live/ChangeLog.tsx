import { useTranslation } from '../../shared/i18n/i18n';
import type { DeskChangeFragment } from '../../gql/graphql';
import { useDeskFormat } from '../sale/useDeskFormat';

interface Props {
  changes: readonly DeskChangeFragment[];
  /** How many there are in all: of those that are not shown, the number is. */
  count: number;
}

/** Who did what, and when: the latest first. */
export function ChangeLog({ changes, count }: Props) {
  const { t } = useTranslation('desk');
  const format = useDeskFormat();
  const earlier = count - changes.length;
  return (
    <section aria-labelledby="changes">
      <h2 id="changes">{t('changes.title')}</h2>
      {changes.length === 0 && <p className="quiet">{t('changes.none')}</p>}
      <ol className="changes" tabIndex={0} aria-labelledby="changes">
        {changes.map((change) => (
          <Change key={change.id} {...change} />
        ))}
      </ol>
      {earlier > 0 && (
        <p className="quiet">
          {t('changes.earlier', { count: earlier, number: format.number(earlier) })}
        </p>
      )}
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
    count: kind === 'ENDED' ? sold : stock,
    stock: format.number(stock),
    sold: format.number(sold),
    start: format.moment(startsAt),
    end: endsAt ? format.moment(endsAt) : t('changes.openEnd'),
  });
}
