import { useTranslation } from '../../shared/i18n/i18n';
import type { DeskActivityFragment } from '../../gql/graphql';
import { useDeskFormat } from '../sale/useDeskFormat';

const KNOWN = [
  'SOLD_OUT',
  'ALREADY_PURCHASED',
  'SALE_NOT_ACTIVE',
  'BUSY',
  'OUTCOME_UNKNOWN',
  'INTERNAL',
] as const;
type Known = (typeof KNOWN)[number];

const isKnown = (code: string): code is Known => (KNOWN as readonly string[]).includes(code);

/** Why purchases are refused just now, and why transactions had to be tried again. */
export function Reasons({ activity }: { activity: DeskActivityFragment | null }) {
  const { t } = useTranslation('desk');
  const format = useDeskFormat();
  const refusals = activity?.total.refusals ?? [];
  const most = Math.max(...refusals.map(({ perSecond }) => perSecond));
  return (
    <div className="reasons">
      <section aria-labelledby="refusals">
        <h2 id="refusals">{t('reasons.title')}</h2>
        {refusals.length === 0 && <p className="quiet">{t('reasons.none')}</p>}
        <ul>
          {refusals.map(({ code, perSecond }) => (
            <li key={code}>
              <span>{isKnown(code) ? t(`reasons.${code}`) : code}</span>
              <span className="tabular">
                {t('reasons.perSecond', { rate: format.rate(perSecond) })}
              </span>
              <span className="share" style={{ inlineSize: `${(perSecond / most) * 100}%` }} />
            </li>
          ))}
        </ul>
      </section>
      <section aria-labelledby="retries">
        <h2 id="retries">{t('reasons.retries')}</h2>
        {activity?.total.retries.length === 0 && <p className="quiet">{t('reasons.noRetries')}</p>}
        <ul>
          {activity?.total.retries.map(({ sqlstate, count }) => (
            <li key={sqlstate}>
              <bdi>{sqlstate}</bdi>
              <span className="tabular">{format.number(count)}</span>
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}
