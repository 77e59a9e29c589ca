import { translator } from './texts';

const texts = {
  plain: 'Sold out.',
  deep: { greeting: '{{name}}, at {{time}}' },
  unit_one: '{{count}} unit',
  unit_other: '{{count}} units',
  few_zero: 'zero',
  few_two: 'two',
  few_few: 'few',
  few_other: 'other',
};

it.each([
  ['en', 'plain', {}, 'Sold out.'],
  ['en', 'plain', { count: 1 }, 'Sold out.'],
  ['en', 'deep.greeting', { name: '{{time}}', time: 6 }, '{{time}}, at 6'],
  ['en', 'deep.greeting', { name: 'Ada' }, 'Ada, at '],
  ['en', 'unit', { count: 1 }, '1 unit'],
  ['en', 'unit', { count: 0 }, '0 units'],
  ['ar', 'few', { count: 0 }, 'zero'],
  ['ar', 'few', { count: 2 }, 'two'],
  ['ar', 'few', { count: 7 }, 'few'],
  ['ja', 'few', { count: 7 }, 'other'],
  ['en', 'nothing.here', {}, 'nothing.here'],
  ['en', 'deep', {}, 'deep'],
])('in %s, %s with %o: %s', (language, key, values, said) => {
  expect(translator(texts, language)(key, values)).toBe(said);
});
