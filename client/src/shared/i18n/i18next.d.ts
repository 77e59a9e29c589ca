import 'i18next';
import type shop from '../../locales/shop/en.json';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'shop';
    resources: { shop: typeof shop };
  }
}
