import type desk from '../../locales/desk/en.json';
import type shop from '../../locales/shop/en.json';

/** What one part of the client says in one language: texts by nested keys. */
export interface Texts {
  readonly [key: string]: string | Texts;
}

/** The parts of the client, each with words of its own. */
interface English {
  desk: typeof desk;
  shop: typeof shop;
}
export type Part = keyof English;

/** `a.b` for each text; the plural forms of one text, `a.b_one`, `a.b_other`…, are one key. */
type Keys<T> = {
  [K in keyof T & string]: T[K] extends string ? Singular<K> : `${K}.${Keys<T[K]>}`;
}[keyof T & string];
type Singular<K extends string> = K extends `${infer Base}_${Intl.LDMLPluralRule}` ? Base : K;

type Values = Readonly<Record<string, string | number>>;

/** The text of a key, its `{{places}}` filled by name. With a `count`, the form of the text that the language wants. */
export type Translate<P extends Part = 'shop'> = (key: Keys<English[P]>, values?: Values) => string;

/** Speaks `texts`; the key itself where one is missing, which `locales.test.ts` does not let happen. */
export function translator(texts: Texts, language: string) {
  const plurals = new Intl.PluralRules(language);
  return (key: string, values: Values = {}): string => {
    const { count } = values;
    const form =
      typeof count === 'number' ? textAt(texts, `${key}_${plurals.select(count)}`) : null;
    const text = form ?? textAt(texts, key) ?? key;
    return text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => String(values[name] ?? ''));
  };
}

function textAt(texts: Texts, key: string): string | null {
  let at: string | Texts | undefined = texts;
  for (const step of key.split('.')) at = typeof at === 'object' ? at[step] : undefined;
  return typeof at === 'string' ? at : null;
}
