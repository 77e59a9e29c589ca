/** The languages that the page speaks, by their own names. */
export const languages = {
  en: 'English',
  de: 'Deutsch',
  fr: 'Français',
  es: 'Español',
  ja: '日本語',
  'zh-Hans': '简体中文',
  hi: 'हिन्दी',
  ar: 'العربية',
} as const;

export type Language = keyof typeof languages;

/** Which way it is read. */
export const directionOf = (language: Language) => (language === 'ar' ? 'rtl' : 'ltr');

const isLanguage = (code: string): code is Language => Object.hasOwn(languages, code);

/** The language of ours that a browser's tag means: `de-AT` is `de`, `zh-CN` is `zh-Hans`, `zh-TW` is none. */
export function languageOf(tag: string): Language | undefined {
  try {
    const locale = new Intl.Locale(tag);
    if (isLanguage(locale.language)) return locale.language;
    // Most tags leave out the script that they mean; to find it, the browser first reads a table.
    const { language, script } = locale.maximize();
    return [`${language}-${script}`].find(isLanguage);
  } catch {
    return undefined; // not a language tag
  }
}

/** What the shopper chose before, else the first language of the browser that we speak, else English. */
export function pickLanguage(remembered: string | null, wanted: readonly string[]): Language {
  if (remembered !== null && isLanguage(remembered)) return remembered;
  return wanted.map(languageOf).find((language) => language !== undefined) ?? 'en';
}

/** The browser's own flavour of a language, for its clock and its decimals: en-GB rather than en. */
export function regionOf(language: string, wanted: readonly string[]): string {
  return wanted.find((tag) => languageOf(tag) === language) ?? language;
}
