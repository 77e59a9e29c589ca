import type { ScheduleSaleInput } from '../../gql/graphql';
import { amountOf, instantOf, localOf, wholeNumber } from './fields';

/** A sale to be, as an operator types it. */
export type Plan = Record<PlanField, string>;

export type PlanField =
  | 'name'
  | 'sku'
  | 'description'
  | 'imageUrl'
  | 'amount'
  | 'currencyCode'
  | 'stock'
  | 'startsAt'
  | 'endsAt';

const TEN_MINUTES_MS = 600_000;

export function emptyPlan(now: number): Plan {
  const startsAt = localOf(Math.ceil((now + TEN_MINUTES_MS) / 60_000) * 60_000);
  return {
    name: '',
    sku: '',
    description: '',
    imageUrl: '',
    amount: '',
    currencyCode: 'EUR',
    stock: '',
    startsAt,
    endsAt: '',
  };
}

/** What has to be filled in, and is not, or only by half. */
export function missing(plan: Plan): PlanField[] {
  const needed: PlanField[] = (['name', 'sku'] as const).filter(
    (field) => plan[field].trim() === '',
  );
  if (wholeNumber(plan.stock) === null) needed.push('stock');
  if (instantOf(plan.startsAt) === null) needed.push('startsAt');
  if (plan.endsAt !== '' && instantOf(plan.endsAt) === null) needed.push('endsAt');
  return needed;
}

/** The plan as the server wants it; null while something is missing. The rest is the server's to judge. */
export function planInput(plan: Plan): ScheduleSaleInput | null {
  const stock = wholeNumber(plan.stock);
  const startsAt = instantOf(plan.startsAt);
  if (missing(plan).length > 0 || stock === null || startsAt === null) return null;
  const amount = amountOf(plan.amount);
  return {
    product: {
      name: plan.name.trim(),
      sku: plan.sku.trim(),
      description: plan.description.trim() || null,
      imageUrl: plan.imageUrl.trim() || null,
      price: amount === '' ? null : { amount, currencyCode: plan.currencyCode.trim() },
    },
    stock,
    startsAt,
    endsAt: instantOf(plan.endsAt),
  };
}
