import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { createFormat, type Format } from './format';

/** The browser's own flavour of a language, for its clock and its decimals: en-GB rather than en. */
export function regionOf(language: string, wanted: readonly string[]): string {
  return wanted.find((tag) => tag.split('-')[0] === language) ?? language;
}

export function useFormat(): Format {
  const { i18n } = useTranslation();
  const language = regionOf(i18n.resolvedLanguage ?? 'en', navigator.languages);
  return useMemo(() => createFormat(language), [language]);
}
