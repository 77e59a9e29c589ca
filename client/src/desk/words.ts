import type { Words } from '../shared/i18n/i18n';
import type { Texts } from '../shared/i18n/texts';

const files = import.meta.glob<Texts>('../locales/desk/*.json', { import: 'default' });

/** What the desk says. */
export const words: Words = {
  part: 'desk',
  load: (language) => {
    const load = files[`../locales/desk/${language}.json`];
    return load ? load() : Promise.reject(new Error(`no words in ${language}`));
  },
};
