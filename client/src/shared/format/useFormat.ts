import { useMemo } from 'react';
import { useTranslation } from '../i18n/i18n';
import { regionOf } from '../i18n/languages';
import { createFormat, type Format } from './format';

export function useFormat(): Format {
  const { language } = useTranslation();
  const region = regionOf(language, navigator.languages);
  return useMemo(() => createFormat(region), [region]);
}
