import type { Words } from '../shared/i18n/i18n';
import type { Texts } from '../shared/i18n/texts';

const files = import.meta.glob<Texts>('../locales/shop/*.json', { import: 'default' });

/** What the shopper's page says. */
export const words: Words = {
  part: 'shop',
  load: (language) => {
    const load = files[`../locales/shop/${language}.json`];
    return load ? load() : Promise.reject(new Error(`no words in ${language}`));
  },
};
