import { languages } from '../shared/i18n/languages';

interface Tree {
  [key: string]: string | Tree;
}

const files = import.meta.glob<Tree>('./*/*.json', { eager: true, import: 'default' });

/** Per part of the client, per language: every key with its text. */
const parts: Record<string, Record<string, Record<string, string>>> = {};
for (const [file, tree] of Object.entries(files)) {
  const [part = '', language = ''] = file.replace(/^\.\/|\.json$/g, '').split('/');
  (parts[part] ??= {})[language] = flat(tree);
}

function flat(tree: Tree, path = ''): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tree).flatMap(([key, value]) =>
      typeof value === 'string'
        ? [[path + key, value]]
        : Object.entries(flat(value, `${path}${key}.`)),
    ),
  );
}

const PLURAL = /_(zero|one|two|few|many|other)$/;
const baseOf = (key: string) => key.replace(PLURAL, '');
const slots = (text: string) => (text.match(/\{\{\w+\}\}|<\/?n>/g) ?? []).sort();

/** What a language must say: English's keys, with its own plural forms. */
function keysFor(language: string, english: Record<string, string>): string[] {
  const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
  const keys = Object.keys(english).flatMap((key) =>
    PLURAL.test(key) ? forms.map((form) => `${baseOf(key)}_${form}`) : [key],
  );
  return [...new Set(keys)].sort();
}

describe.each(Object.entries(parts))('%s', (_, locales) => {
  const english = locales.en ?? {};

  it('speaks every language that can be chosen, and no other', () => {
    expect(Object.keys(locales).sort()).toEqual(Object.keys(languages).sort());
  });

  it.each(Object.keys(locales))('%s has every key and no other', (language) => {
    expect(Object.keys(locales[language] ?? {}).sort()).toEqual(keysFor(language, english));
  });

  it.each(Object.keys(locales))('%s fills the same places as English', (language) => {
    for (const [key, text] of Object.entries(locales[language] ?? {})) {
      const same = english[key] ?? english[`${baseOf(key)}_other`] ?? '';
      expect.soft(slots(text), key).toEqual(slots(same));
      expect.soft(text.trim(), key).not.toBe('');
    }
  });
});

it('does not say two twice: the Arabic noun of a pair says it already', () => {
  const pairs = Object.values(parts)
    .flatMap((locales) => Object.entries(locales.ar ?? {}))
    .filter(([key]) => key.endsWith('_two'));
  expect(pairs.length).toBeGreaterThan(0);
  for (const [key, text] of pairs) expect.soft(text, key).not.toMatch(/\}\} \S+(تان|تين)/);
});

it('has words to look at', () => {
  expect(Object.keys(parts).sort()).toEqual(['desk', 'shop', 'unscripted']);
});
