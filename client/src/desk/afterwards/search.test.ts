import { filterOf } from './search';

it.each([
  ['', null],
  ['   ', null],
  ['#37', { ordinal: 37 }],
  ['# 37 ', { ordinal: 37 }],
  ['37', { shopperIdPrefix: '37' }],
  ['#0', { shopperIdPrefix: '#0' }],
  ['demo:Ada', { shopperIdPrefix: 'demo:Ada' }],
  ['x'.repeat(80), { shopperIdPrefix: 'x'.repeat(64) }],
])('%j asks for %j', (typed, filter) => {
  expect(filterOf(typed)).toEqual(filter);
});
