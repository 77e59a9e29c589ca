import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { regionOf } from '../i18n/languages';
import { createFormat, type Format } from './format';

export function useFormat(): Format {
  const { i18n } = useTranslation();
  const language = regionOf(i18n.resolvedLanguage ?? 'en', navigator.languages);
  return useMemo(() => createFormat(language), [language]);
}
