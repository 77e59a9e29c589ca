import { idle, type PurchaseEvent, type PurchaseState, reduce, spread } from './machine';

const asking = (change: object = {}): PurchaseState => ({
  step: 'asking',
  key: 'k',
  attempt: 0,
  unsure: false,
  ...change,
});
const waiting = (change: object = {}): PurchaseState => ({
  step: 'waiting',
  reason: 'busy',
  delayMs: 2000,
  told: true,
  key: 'k',
  attempt: 1,
  unsure: false,
  ...change,
});
type Answer = Extract<PurchaseEvent, { type: 'answered' }>['answer'];
const answered = (answer: Answer, chance = 0): PurchaseEvent => ({
  type: 'answered',
  answer,
  chance,
});

describe('one wish to buy', () => {
  const story: [string, PurchaseState, PurchaseEvent, PurchaseState][] = [
    ['the button asks', idle, { type: 'buy', key: 'k' }, asking()],
    ['a second press changes nothing', asking(), { type: 'buy', key: 'x' }, asking()],
    [
      'a kept key is asked for, unsure',
      idle,
      { type: 'resume', key: 'k' },
      asking({ unsure: true }),
    ],
    ['bought', asking(), answered({ kind: 'bought' }), { step: 'bought', earlier: false }],
    ['bought before', asking(), answered({ kind: 'already' }), { step: 'bought', earlier: true }],
    [
      'bought by the attempt whose answer was lost',
      asking({ unsure: true }),
      answered({ kind: 'already' }),
      { step: 'bought', earlier: false },
    ],
    ['sold out', asking(), answered({ kind: 'soldOut' }), { step: 'refused', why: 'soldOut' }],
    [
      'a refusal ends doubt too',
      asking({ unsure: true }),
      answered({ kind: 'notActive' }),
      { step: 'refused', why: 'notActive' },
    ],
    [
      'rejected by somebody who cannot know what became of the attempt before',
      asking({ unsure: true }),
      answered({ kind: 'rejected' }),
      waiting({ reason: 'unknown', unsure: true, delayMs: 500, told: false }),
    ],
    [
      'rejected at once',
      asking(),
      answered({ kind: 'rejected' }),
      { step: 'refused', why: 'rejected' },
    ],
    ['busy waits as told', asking(), answered({ kind: 'busy', retryAfterMs: 2000 }), waiting()],
    [
      'busy does not end doubt',
      asking({ unsure: true }),
      answered({ kind: 'busy', retryAfterMs: 2000 }),
      waiting({ reason: 'unknown', unsure: true }),
    ],
    [
      'a lost answer is asked again soon',
      asking(),
      answered({ kind: 'unknown' }),
      waiting({ reason: 'unknown', unsure: true, delayMs: 500, told: false }),
    ],
    [
      'and later each time, within a bound',
      asking({ attempt: 30 }),
      answered({ kind: 'unknown' }),
      waiting({ reason: 'unknown', unsure: true, delayMs: 15_000, told: false, attempt: 31 }),
    ],
    ['time up: the same key again', waiting(), { type: 'timeUp' }, asking({ attempt: 1 })],
    [
      'back: a wait of our own is over',
      waiting({ told: false }),
      { type: 'back' },
      asking({ attempt: 1 }),
    ],
    ['back: what was told stays', waiting(), { type: 'back' }, waiting()],
    ['found in another tab', waiting(), { type: 'found' }, { step: 'bought', earlier: false }],
    ['found at the start', idle, { type: 'found' }, { step: 'bought', earlier: true }],
    ['found while asking: the answer will say', asking(), { type: 'found' }, asking()],
    ['an answer nobody waits for', idle, answered({ kind: 'bought' }), idle],
    [
      'after a refusal the button works again',
      { step: 'refused', why: 'rejected' },
      { type: 'buy', key: 'k' },
      asking(),
    ],
  ];

  it.each(story)('%s', (_name, before, event, after) => {
    expect(reduce(before, event)).toEqual(after);
  });

  it('never waits less than told, and at most half as long again', () => {
    expect(spread(2000, 0)).toBe(2000);
    expect(spread(2000, 1)).toBe(3000);
  });
});
