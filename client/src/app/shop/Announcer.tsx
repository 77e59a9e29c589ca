import { useState } from 'react';
import { useTranslation } from '../../shared/i18n/i18n';
import type { Translate } from '../../shared/i18n/texts';
import type { Format } from '../../shared/format/format';
import { useFormat } from '../../shared/format/useFormat';
import { type Milestone, milestone, type Moment } from './milestone';
import { Said } from './said';

interface Last {
  moment: Moment;
  /** What was said last, and when. */
  passed: Milestone | null;
  at: Moment;
}

/** Tells screen readers the milestones, politely. Numbers that tick are silent by themselves. */
export function Announcer({ moment }: { moment: Moment }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [last, setLast] = useState<Last | null>(null);
  if (hasChanged(last?.moment ?? null, moment)) {
    const passed = milestone(last?.moment ?? null, moment);
    setLast(passed || !last ? { moment, passed, at: moment } : { ...last, moment });
  }
  return <Said>{last?.passed ? sentence(last.passed, last.at, t, format) : ''}</Said>;
}

function hasChanged(before: Moment | null, after: Moment): boolean {
  // The next try of who waits in the crowd is no news, nor that the wait goes on after it.
  if (before?.truth.kind === 'busy' && after.truth.kind === 'buying') return false;
  if (before?.truth.kind !== after.truth.kind) return true;
  if (before.truth.kind === 'upcoming' && after.truth.kind === 'upcoming') {
    return before.truth.left !== after.truth.left;
  }
  return before.sale.remaining !== after.sale.remaining || before.sale.stock !== after.sale.stock;
}

function sentence(passed: Milestone, moment: Moment, t: Translate, format: Format): string {
  switch (passed.say) {
    case 'opensIn':
      return t('said.opensIn', { span: format.span(passed.ms) });
    case 'left':
      return t('said.left', {
        count: passed.remaining,
        remaining: format.number(passed.remaining),
      });
    case 'refused':
      return passed.problem;
    case 'active':
      return t('said.open');
    case 'buying':
      return t('buying.button');
    case 'busy':
      return t('busy.said');
    case 'unknown':
      return t('unknown.text');
    case 'bought':
      return `${t('bought.title')} ${boughtNumber(moment, t, format)}`;
    case 'soldOut':
      return t('soldOut.title');
    case 'paused':
      return `${t('paused.title')} ${t('paused.text')}`;
    case 'ended':
      return t('ended.title');
  }
}

function boughtNumber({ truth, sale }: Moment, t: Translate, format: Format): string {
  if (truth.kind !== 'bought') return '';
  return t('said.number', {
    ordinal: format.number(truth.receipt.ordinal),
    stock: format.number(sale.stock),
  });
}
