import { useTranslation } from '../i18n/i18n';
import { type Language, regionOf } from '../i18n/languages';
import { createFormat, type Format } from './format';

/** One for all who ask. */
export function useFormat(): Format {
  const { language } = useTranslation();
  return formatFor(language, navigator.languages);
}

interface Made {
  language: Language;
  /** The browser hands out the same list until the shopper changes it. */
  wanted: readonly string[];
  format: Format;
}

let last: Made | undefined;

function formatFor(language: Language, wanted: readonly string[]): Format {
  if (last?.language !== language || last.wanted !== wanted)
    last = { language, wanted, format: createFormat(regionOf(language, wanted)) };
  return last.format;
}
