import i18next, { type ResourceKey } from 'i18next';
import { initReactI18next } from 'react-i18next';
import { keep } from '../storage/storage';
import { type Language, pickLanguage } from './languages';

/** What one part of the client says: English at once, so that it is never without words; the others on demand. */
export interface Words {
  /** The i18next namespace: a part of the client. */
  part: string;
  english: ResourceKey;
  load: (language: Exclude<Language, 'en'>) => Promise<ResourceKey>;
}

const LANGUAGE_KEY = 'stampede.language';

/** Starts with the shopper's language; in English when its words cannot be had. */
export async function initLanguage(
  words: Words,
  wanted = pickLanguage(keep.get(LANGUAGE_KEY), navigator.languages),
): Promise<void> {
  const speak = i18next.use(initReactI18next).init({
    lng: 'en',
    fallbackLng: 'en',
    load: 'currentOnly',
    defaultNS: words.part,
    resources: { en: { [words.part]: words.english } },
    interpolation: { escapeValue: false }, // React escapes.
    initAsync: false,
  });
  await speak;
  loadWords = words.load;
  part = words.part;
  await switchTo(wanted);
}

let loadWords: Words['load'] = () => Promise.reject(new Error('initLanguage comes first'));
let part = 'shop';
/** The choice that counts is the last one made, not the last one loaded. */
let wish = 0;

/** Chooses and remembers. What cannot be loaded leaves the page as it is: the shopper can choose again. */
export async function chooseLanguage(language: Language): Promise<void> {
  if (await switchTo(language)) keep.set(LANGUAGE_KEY, language);
}

async function switchTo(language: Language): Promise<boolean> {
  const mine = ++wish;
  if (language !== 'en' && !i18next.hasResourceBundle(language, part)) {
    const words = await loadWords(language).catch(() => null);
    if (!words) return false;
    i18next.addResourceBundle(language, part, words);
  }
  if (mine !== wish) return false;
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
  document.documentElement.dir = i18next.dir(language);
  return true;
}
