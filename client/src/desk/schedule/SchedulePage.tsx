import Button from '@mui/material/Button';
import TextField from '@mui/material/TextField';
import { type SyntheticEvent, useRef, useState } from 'react';
import { useTranslation } from '../../shared/i18n/i18n';
import { useNavigate } from 'react-router';
import { PageTitle } from '../frame/PageTitle';
import { useFirstWrong } from '../frame/useFirstWrong';
import { DeskSchedule } from '../sale/changes';
import { Unmade } from '../sale/Unmade';
import { useDeskFormat } from '../sale/useDeskFormat';
import { type Result, useSaleChange } from '../sale/useSaleChange';
import { useFrameSales } from '../sale/useSales';
import { LONGEST_DESCRIPTION, MOST_UNITS, timeZone } from './fields';
import { emptyPlan, missing, type Plan, planInput, type PlanField } from './plan';
import { TimeField } from './TimeField';

/** A new sale. What is wrong stands at the field that it is about. */
export function SchedulePage() {
  const { t } = useTranslation('desk');
  const navigate = useNavigate();
  const schedule = useSaleChange(DeskSchedule);
  const sales = useFrameSales();
  const [plan, setPlan] = useState(() => emptyPlan(Date.now()));
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [result, setResult] = useState<Result | null>(null);
  const form = useRef<HTMLFormElement>(null);
  const toFirstWrong = useFirstWrong(form);
  const format = useDeskFormat();
  const bounds = { most: format.number(MOST_UNITS), longest: format.number(LONGEST_DESCRIPTION) };
  const lacking = tried ? missing(plan) : [];
  const submit = async (event: SyntheticEvent) => {
    event.preventDefault();
    if (busy) return;
    setTried(true);
    const input = planInput(plan);
    if (!input) {
      toFirstWrong();
      return;
    }
    setBusy(true);
    const answer = await schedule(input);
    setBusy(false);
    setResult(answer);
    if (answer.kind === 'wrong') toFirstWrong();
    // A new one, or perhaps: only the list of sales can tell.
    if (answer.kind === 'done' || answer.kind === 'away') void sales.ask();
    if (answer.kind === 'done') void navigate(`/sales/${answer.saleId}`);
  };
  const problemOf = (field: PlanField): string | undefined => {
    if (lacking.includes(field))
      return t(field === 'stock' ? 'schedule.number' : 'schedule.missing');
    const wrong = result?.kind === 'wrong' && field in result.fields;
    return wrong ? t(`wrong.${field}`, bounds) : undefined;
  };
  return (
    <main className="page narrow">
      <PageTitle tab={[t('schedule.title')]}>{t('schedule.title')}</PageTitle>
      <p className="quiet">{t('schedule.text', { zone: timeZone() })}</p>
      <form ref={form} onSubmit={(event) => void submit(event)} noValidate className="plan">
        <PlanFields plan={plan} onChange={setPlan} problemOf={problemOf} />
        <Problem result={result} plan={plan} />
        <Button type="submit" variant="contained" size="large" aria-disabled={busy}>
          {busy ? t('controls.working') : t('schedule.do')}
        </Button>
      </form>
    </main>
  );
}

/** What went wrong and belongs to no field. */
function Problem({ result, plan }: { result: Result | null; plan: Plan }) {
  if (result?.kind === 'wrong') {
    const elsewhere = Object.keys(result.fields).some((field) => !(field in plan));
    return elsewhere ? <Unmade result={{ kind: 'refused' }} of="schedule" /> : null;
  }
  const unmade = result?.kind === 'refused' || result?.kind === 'away';
  return unmade ? <Unmade result={result} of="schedule" /> : null;
}

interface FieldsProps {
  plan: Plan;
  onChange: (plan: Plan) => void;
  problemOf: (field: PlanField) => string | undefined;
}

function PlanFields({ plan, onChange, problemOf }: FieldsProps) {
  const { t } = useTranslation('desk');
  const bind = (field: PlanField, hint?: string) => ({
    value: plan[field],
    error: problemOf(field) !== undefined,
    helperText: problemOf(field) ?? hint,
    fullWidth: true,
    autoComplete: 'off',
    onChange: (event: { target: { value: string } }) =>
      onChange({ ...plan, [field]: event.target.value }),
  });
  const time = (field: 'startsAt' | 'endsAt') => ({
    value: plan[field],
    problem: problemOf(field),
    onChange: (value: string) => onChange({ ...plan, [field]: value }),
  });
  return (
    <>
      <fieldset>
        <legend>{t('schedule.product')}</legend>
        <TextField label={t('schedule.name')} {...bind('name')} required />
        <TextField label={t('schedule.sku')} {...bind('sku')} required />
        <TextField
          label={t('schedule.description')}
          {...bind('description')}
          multiline
          minRows={2}
        />
        <TextField label={t('schedule.imageUrl')} {...bind('imageUrl', t('schedule.imageHint'))} />
        <div className="pair">
          <TextField label={t('schedule.amount')} {...bind('amount', t('schedule.optional'))} />
          <TextField label={t('schedule.currency')} {...bind('currencyCode')} />
        </div>
      </fieldset>
      <fieldset>
        <legend>{t('schedule.sale')}</legend>
        <TextField
          label={t('schedule.stock')}
          {...bind('stock')}
          required
          slotProps={{ htmlInput: { inputMode: 'numeric' } }}
        />
        <div className="pair">
          <TimeField
            label={t('schedule.start')}
            hint={t('schedule.startHint')}
            {...time('startsAt')}
          />
          <TimeField label={t('schedule.end')} hint={t('schedule.optional')} {...time('endsAt')} />
        </div>
      </fieldset>
    </>
  );
}
