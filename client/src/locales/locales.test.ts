import { languages } from '../app/i18n';

interface Tree {
  [key: string]: string | Tree;
}

const files = import.meta.glob<Tree>('./*.json', { eager: true, import: 'default' });
const locales = Object.fromEntries(
  Object.entries(files).map(([file, tree]) => [file.replace(/^\.\/|\.json$/g, ''), flat(tree)]),
);

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
function keysFor(language: string): string[] {
  const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
  const keys = Object.keys(locales.en ?? {}).flatMap((key) =>
    PLURAL.test(key) ? forms.map((form) => `${baseOf(key)}_${form}`) : [key],
  );
  return [...new Set(keys)].sort();
}

describe.each(Object.keys(languages))('%s', (language) => {
  const locale = locales[language] ?? {};

  it('has every key and no other', () => {
    expect(Object.keys(locale).sort()).toEqual(keysFor(language));
  });

  it('fills the same places as English, and leaves no text empty', () => {
    for (const [key, text] of Object.entries(locale)) {
      const english = locales.en?.[key] ?? locales.en?.[`${baseOf(key)}_other`] ?? '';
      expect.soft(slots(text), key).toEqual(slots(english));
      expect.soft(text.trim(), key).not.toBe('');
    }
  });
});

it('every file is a language that can be chosen', () => {
  expect(Object.keys(locales).sort()).toEqual(Object.keys(languages).sort());
});
