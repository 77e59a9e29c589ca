import { HALF, instantOf, localOf, wholeNumber } from './fields';
import { emptyPlan, missing, planInput } from './plan';

describe('what operators type', () => {
  it.each([
    ['100', 100],
    [' 7 ', 7],
    ['١٢', 12],
    ['۱۲', 12],
    ['१२', 12],
    ['１２', 12],
    ['৭', null],
    ['0', null],
    ['1.5', null],
    ['-1', null],
    ['1e3', null],
    ['', null],
    ['99999999999', null],
    ['2147483648', null],
  ])('%j is the number %s', (typed, number) => {
    expect(wholeNumber(typed)).toBe(number);
  });

  it('reads times as this computer tells them, and back', () => {
    const instant = '2026-11-24T18:30:15.000Z';
    expect(instantOf(localOf(instant))).toBe(instant);
    expect(instantOf('')).toBeNull();
    expect(instantOf('nonsense')).toBeNull();
  });
});

describe('a plan', () => {
  const now = Date.parse('2026-11-24T18:00:30Z');

  it('says what is missing', () => {
    expect(missing(emptyPlan(now))).toEqual(['name', 'sku', 'stock']);
    expect(planInput(emptyPlan(now))).toBeNull();
  });

  it('does not take the half of a time for none', () => {
    const plan = { ...emptyPlan(now), name: 'Lamp', sku: 'L-1', stock: '5' };
    expect(missing({ ...plan, endsAt: HALF })).toEqual(['endsAt']);
    expect(planInput({ ...plan, endsAt: HALF })).toBeNull();
    expect(missing({ ...plan, startsAt: HALF })).toEqual(['startsAt']);
  });

  it('starts in ten minutes, on the minute, and leaves out what is empty', () => {
    const plan = { ...emptyPlan(now), name: ' Lamp ', sku: 'L-1', stock: '5' };
    expect(planInput(plan)).toEqual({
      product: { name: 'Lamp', sku: 'L-1', description: null, imageUrl: null, price: null },
      stock: 5,
      startsAt: '2026-11-24T18:11:00.000Z',
      endsAt: null,
    });
    expect(planInput({ ...plan, amount: '49.90' })?.product.price).toEqual({
      amount: '49.90',
      currencyCode: 'EUR',
    });
  });

  it.each([
    ['49,90', '49.90'],
    [' 5,5 ', '5.5'],
    ['٤٩٫٩٠', '49.90'],
    ['४९.९०', '49.90'],
    ['1,000', '1,000'],
    ['1.234,50', '1.234,50'],
    ['ten', 'ten'],
  ])('takes the price %s for %s', (amount, sent) => {
    const plan = { ...emptyPlan(now), name: 'Lamp', sku: 'L-1', stock: '5', amount };
    expect(planInput(plan)?.product.price?.amount).toBe(sent);
  });
});
