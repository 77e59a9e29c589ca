import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import de from '../locales/de.json';
import en from '../locales/en.json';
import { keep } from '../shared/storage/storage';

export const languages = { en: 'English', de: 'Deutsch' } as const;
export type Language = keyof typeof languages;

const LANGUAGE_KEY = 'stampede.language';
const isLanguage = (code: string): code is Language => code in languages;

/** What the shopper chose before, else the first language of the browser that we speak, else English. */
export function pickLanguage(remembered: string | null, wanted: readonly string[]): Language {
  if (remembered !== null && isLanguage(remembered)) return remembered;
  return wanted.map((tag) => tag.split('-')[0] ?? '').find(isLanguage) ?? 'en';
}

export function initLanguage(language = pickLanguage(keep.get(LANGUAGE_KEY), navigator.languages)) {
  void i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: 'en',
    supportedLngs: Object.keys(languages),
    resources: { en: { translation: en }, de: { translation: de } },
    interpolation: { escapeValue: false }, // React escapes.
    initAsync: false,
  });
  applyToPage(language);
  return i18next;
}

export function chooseLanguage(language: Language): void {
  keep.set(LANGUAGE_KEY, language);
  void i18next.changeLanguage(language);
  applyToPage(language);
}

function applyToPage(language: Language): void {
  document.documentElement.lang = language;
  document.documentElement.dir = i18next.dir(language);
}
