import { languageOf, pickLanguage, regionOf } from './languages';

it.each([
  [null, ['nl-NL', 'de-AT', 'en'], 'de'],
  [null, ['nl'], 'en'],
  [null, ['zh-CN'], 'zh-Hans'],
  [null, ['ar-EG', 'en'], 'ar'],
  ['en', ['de'], 'en'],
  ['zh-Hans', ['de'], 'zh-Hans'],
  ['xx', ['de'], 'de'],
])('remembered %s, browser %s: %s', (remembered, wanted, language) => {
  expect(pickLanguage(remembered, wanted)).toBe(language);
});

it.each([
  ['zh', 'zh-Hans'],
  ['zh-SG', 'zh-Hans'],
  ['zh-TW', undefined],
  ['zh-Hant-HK', undefined],
  ['hi-IN', 'hi'],
  ['constructor', undefined],
  ['*', undefined],
])('the tag %s means %s', (tag, language) => {
  expect(languageOf(tag)).toBe(language);
});

it("takes the browser's own flavour of the language", () => {
  expect(regionOf('en', ['de-AT', 'en-GB', 'en'])).toBe('en-GB');
  expect(regionOf('de', ['en-GB'])).toBe('de');
  expect(regionOf('zh-Hans', ['zh-CN'])).toBe('zh-CN');
});
