import { useSyncExternalStore } from 'react';
import { keep } from '../storage/storage';
import { waitOrReturn } from '../time/wait';
import { directionOf, type Language, pickLanguage } from './languages';
import { type Part, type Texts, type Translate, translator } from './texts';

/** What one part of the client says, each language in a file of its own: the page names the likely one beside the script. */
export interface Words {
  part: Part;
  load: (language: Language) => Promise<Texts>;
}

interface Spoken {
  readonly language: Language;
  readonly direction: 'ltr' | 'rtl';
  readonly t: (key: string) => string;
}

const LANGUAGE_KEY = 'stampede.language';

/** A page speaks for one part, in one language at a time. */
let words: Words | undefined;
let spoken: Spoken | undefined;
const listeners = new Set<() => void>();
/** The choice that counts is the last one made, not the last one loaded. */
let wish = 0;

const AGAIN_MS = 1000;

/** Starts with the shopper's language; in English when its words cannot be had. A page without words is none: it waits. */
export async function initLanguage(
  of: Words,
  wanted = pickLanguage(keep.get(LANGUAGE_KEY), navigator.languages),
): Promise<void> {
  words = of;
  while (!(await switchTo(wanted)) && !(await switchTo('en'))) await waitOrReturn(AGAIN_MS);
}

/** Chooses and remembers. What cannot be loaded leaves the page as it is: the shopper can choose again. */
export async function chooseLanguage(language: Language): Promise<void> {
  if (await switchTo(language)) keep.set(LANGUAGE_KEY, language);
}

async function switchTo(language: Language): Promise<boolean> {
  const mine = ++wish;
  const texts = await words?.load(language).catch(() => null);
  if (!texts || mine !== wish) return false;
  spoken = { language, direction: directionOf(language), t: translator(texts, language) };
  document.documentElement.lang = language;
  document.documentElement.dir = spoken.direction;
  for (const listener of listeners) listener();
  return true;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const speech = (): Spoken => {
  if (!spoken) throw new Error('initLanguage comes first');
  return spoken;
};

/** What the page says, in which language; `part` tells TypeScript the keys. */
export function useTranslation<P extends Part = 'shop'>(part?: P) {
  const now = useSyncExternalStore(subscribe, speech);
  if (part && part !== words?.part) throw new Error(`this page does not speak for ${part}`);
  return { ...now, t: now.t as Translate<P> };
}
