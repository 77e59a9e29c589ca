import type { Answer, Answers } from '../../gallery/canned';
import type { Deed } from '../../gallery/deeds';
import type { DeskChangeFragment, DeskSaleFragment } from '../../gql/graphql';
import {
  manyChanges,
  someActivity,
  someChange,
  someChanges,
  somePoints,
  somePurchases,
  someSale,
  someSales,
} from './fixtures';

/** A moment in which an operator can meet the desk. */
export interface State {
  /** Below /desk. */
  path: string;
  signedIn: boolean;
  answers: Answers;
  /** What the operator does there, and what is to be seen then. */
  deeds: readonly Deed[];
  /** The line is broken. */
  offline?: boolean;
  /** The shop is a demo. */
  demo?: boolean;
}

const SALE = '/sales/sale_1';
const DIALOG: Deed = { see: '[role=dialog]' };
const SUBMIT: Deed = { press: '[role=dialog] [type=submit]' };
const PROBLEM: Deed = { see: '.Mui-error, [role=alert]' };
const control = (n: number): Deed => ({ press: `.controls button:nth-child(${n})` });

/** Every state of the desk, by the names that the browser tests and the pictures use, too. */
export function states(now: number): Record<string, State> {
  return { ...outside(now), ...live(now), ...wishes(now), ...plans(now), ...afterwards(now) };
}

/** What the server says in a sale like this. */
function answersIn(
  now: number,
  change: Partial<DeskSaleFragment> = {},
  more: Answers = {},
  changes: readonly DeskChangeFragment[] = someChanges(now),
): Answers {
  const sale = someSale(now, change);
  const whole = {
    ...sale,
    changes: {
      __typename: 'SaleChangeConnection',
      totalCount: changes.length,
      nodes: changes.slice(0, 200),
    },
  };
  const soldAt = sale.sold > 0 ? somePoints(now, sale.sold) : [];
  return {
    DeskSales: {
      viewer: { __typename: 'Viewer', id: 'mona' },
      saleStatus: { __typename: 'Sale', id: sale.id },
      sales: someSales([sale]),
    },
    DeskSaleById: { saleStatus: whole },
    DeskCourse: {
      saleStatus: {
        __typename: 'Sale',
        id: sale.id,
        soldAt: soldAt.map(({ at, sold }) => ({
          __typename: 'SoldPoint',
          at: new Date(at).toISOString(),
          sold,
        })),
      },
    },
    DeskStockChanged: 'never',
    DeskSaleActivity: { saleActivity: someActivity(now) },
    DeskPurchases: somePurchases(now),
    ...more,
  };
}

const at = (path: string, answers: Answers, ...deeds: Deed[]): State => ({
  path,
  signedIn: true,
  answers,
  deeds,
});

function outside(now: number): Record<string, State> {
  const signIn = { path: '', signedIn: false, answers: { DeskViewer: { viewer: null } } };
  const none = {
    DeskSales: {
      viewer: { __typename: 'Viewer', id: 'mona' },
      saleStatus: null,
      sales: someSales([]),
    },
  };
  return {
    'sign-in': { ...signIn, deeds: [{ see: '.sign-in' }] },
    'sign-in-demo': { ...signIn, demo: true, deeds: [{ see: '.sign-in' }] },
    'sign-in-refused': {
      ...signIn,
      deeds: [{ into: 'textarea.token', type: 'forged' }, { press: '[type=submit]' }, PROBLEM],
    },
    'no-sale': at('', answersIn(now, {}, none), { see: '.page a' }),
    'not-found': at(SALE, answersIn(now, {}, { DeskSaleById: { saleStatus: null } }), {
      see: '.page',
    }),
    away: at(SALE, answersIn(now, {}, { DeskSaleById: 'lost' }), { see: '.page' }),
  };
}

function live(now: number): Record<string, State> {
  const seen: Deed = { see: '.numerals' };
  const sale = (change: Partial<DeskSaleFragment>) => at(SALE, answersIn(now, change), seen);
  const ended: DeskChangeFragment = someChange({
    kind: 'ENDED',
    revision: 900,
    sold: 12_480,
    changedAt: new Date(now).toISOString(),
  });
  return {
    upcoming: at(
      SALE,
      answersIn(
        now,
        {
          phase: 'UPCOMING',
          sold: 0,
          remaining: 20_000,
          startsAt: new Date(now + 600_000).toISOString(),
        },
        { DeskSaleActivity: 'never' },
        someChanges(now).slice(-1),
      ),
      seen,
    ),
    live: sale({}),
    last: sale({ sold: 19_400, remaining: 600 }),
    paused: sale({ phase: 'PAUSED' }),
    'sold-out': sale({ phase: 'SOLD_OUT', sold: 20_000, remaining: 0 }),
    ended: at(SALE, answersIn(now, { phase: 'ENDED' }, {}, [ended, ...someChanges(now)]), seen),
    lost: { ...sale({}), offline: true },
  };
}

const refused = (field: string, code: string): Answer => ({
  payload: {
    __typename: 'SalePayload',
    sale: null,
    userErrors: [{ __typename: 'UserError', field: [field], code, message: code }],
  },
});

const failed = (code: string, extensions = {}): Answer => [
  { message: code, path: ['payload'], extensions: { code, ...extensions } },
];
const BUSY = failed('BUSY', { retryAfterMs: 30_000 });

function wishes(now: number): Record<string, State> {
  const wish = (change: Partial<DeskSaleFragment>, more: Answers, ...deeds: Deed[]) =>
    at(SALE, answersIn(now, change, more), ...deeds);
  const upcoming = {
    phase: 'UPCOMING',
    sold: 0,
    remaining: 20_000,
    startsAt: new Date(now + 600_000).toISOString(),
  } as const;
  const restock: Deed = { into: '[role=dialog] input', type: '500' };
  return {
    pause: wish({}, {}, control(1), DIALOG),
    resume: wish({ phase: 'PAUSED' }, {}, control(1), DIALOG),
    restock: wish({ phase: 'SOLD_OUT', sold: 20_000, remaining: 0 }, {}, control(2), DIALOG),
    'restock-wrong': wish(
      {},
      { DeskRestock: refused('add', 'INVALID') },
      ...[control(2), restock, SUBMIT, PROBLEM],
    ),
    reschedule: wish(upcoming, {}, control(3), DIALOG),
    'reschedule-wrong': wish(
      {},
      { DeskReschedule: refused('endsAt', 'INVALID') },
      ...[control(3), SUBMIT, PROBLEM],
    ),
    end: wish({}, {}, control(4), DIALOG),
    conflict: at(SALE, conflicting(now), control(1), SUBMIT, { see: '.faster li' }),
    'wish-lost': wish({}, { DeskPause: 'lost' }, control(1), SUBMIT, PROBLEM),
    'wish-too-late': wish(
      {},
      { DeskPause: refused('saleId', 'CONFLICT') },
      ...[control(1), SUBMIT, PROBLEM],
    ),
    'wish-gone': wish(
      {},
      { DeskPause: refused('saleId', 'NOT_FOUND') },
      ...[control(1), SUBMIT, PROBLEM],
    ),
    'wish-busy': wish({}, { DeskPause: BUSY }, control(1), SUBMIT, PROBLEM),
    'wish-unknown': wish(
      {},
      { DeskPause: failed('OUTCOME_UNKNOWN') },
      ...[control(1), SUBMIT, PROBLEM],
    ),
    working: wish({}, { DeskPause: 'never' }, control(1), SUBMIT, {
      see: '[role=dialog] [type=submit][aria-disabled=true]',
    }),
  };
}

/** Between the first look at the sale and the wish, somebody else was there. */
function conflicting(now: number): Answers {
  const { DeskSaleById: before } = answersIn(now, {}, {}, someChanges(now).slice(1));
  const { DeskSaleById: after, ...answers } = answersIn(now);
  let wished = false;
  return {
    ...answers,
    DeskPause: () => {
      wished = true;
      return refused('expectedChange', 'STALE_REVISION');
    },
    DeskSaleById: () => (wished ? after : before) as Answer,
  };
}

function plans(now: number): Record<string, State> {
  const submit: Deed = { press: '.plan [type=submit]' };
  const fill: Deed[] = [
    { into: '.plan fieldset:first-of-type div:nth-of-type(1) > div > input', type: 'Aurora lamp' },
    { into: '.plan fieldset:first-of-type div:nth-of-type(2) > div > input', type: 'AURORA-1' },
    { into: '.plan fieldset:last-of-type div:nth-of-type(1) > div > input', type: '20000' },
  ];
  const plan = (more: Answers, ...deeds: Deed[]) =>
    at('/new', answersIn(now, {}, more), { see: '.plan' }, ...deeds);
  return {
    schedule: plan({}),
    'schedule-missing': plan({}, submit, PROBLEM),
    'schedule-busy': plan({ DeskSchedule: BUSY }, ...fill, submit, PROBLEM),
    'schedule-wrong': plan(
      { DeskSchedule: refused('imageUrl', 'INVALID') },
      ...[...fill, submit, PROBLEM],
    ),
  };
}

function afterwards(now: number): Record<string, State> {
  const row: Deed = { see: '.list tbody tr' };
  const none = somePurchases(now, 0);
  const purchases = (more: Answers, ...deeds: Deed[]) =>
    at(`${SALE}/purchases`, answersIn(now, {}, more), ...deeds);
  const report = (changes: readonly DeskChangeFragment[]) =>
    at(`${SALE}/report`, answersIn(now, { phase: 'ENDED' }, {}, changes), { see: '.lines' });
  return {
    purchases: purchases({}, row),
    'purchases-next': purchases({}, row, { press: '.pager button:last-child' }, row),
    'purchases-none': purchases({ DeskPurchases: none }, { see: '.pager' }),
    'purchases-no-match': purchases(
      { DeskPurchases: ({ filter }) => (filter ? none : somePurchases(now)) },
      ...[row, { into: '.tools input', type: 'nobody' }, { see: 'tbody:empty' }],
    ),
    report: report(someChanges(now)),
    'report-long': report(manyChanges(now, 31)),
  };
}
