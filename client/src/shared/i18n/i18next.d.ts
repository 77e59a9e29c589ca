import 'i18next';
import type desk from '../../locales/desk/en.json';
import type shop from '../../locales/shop/en.json';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'shop';
    resources: { desk: typeof desk; shop: typeof shop };
  }
}
