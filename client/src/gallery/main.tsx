import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { useTranslation } from '../shared/i18n/i18n';
import 'virtual:theme.css';
import '../shared/ui/fonts.css';
import '../shared/ui/base.css';
import '../app/shop/shop.css';
import './gallery.css';
import { slotsOf } from '../app/shop/slots';
import { TruthBox } from '../app/shop/TruthBox';
import { ShopTheme } from '../app/ShopTheme';
import { words } from '../app/words';
import { useFormat } from '../shared/format/useFormat';
import { chooseLanguage, initLanguage } from '../shared/i18n/i18n';
import { type Language, languages } from '../shared/i18n/languages';
import { lamp, states } from './states';

/** Every state of the truth box side by side, in development only: what to look at before and after a change. */
function Gallery() {
  const { t, language } = useTranslation();
  const format = useFormat();
  const [now] = useState(Date.now);
  return (
    <>
      <header className="header">
        <span className="brand">{t('page.title')}</span>
        <select
          className="languages"
          aria-label={t('page.language')}
          value={language}
          onChange={(event) => void chooseLanguage(event.target.value as Language)}
        >
          {Object.entries(languages).map(([code, name]) => (
            <option key={code} value={code} lang={code}>
              {name}
            </option>
          ))}
        </select>
      </header>
      <main className="gallery">
        {Object.entries(states(now)).map(([name, { truth, sale }]) => (
          <figure key={name}>
            <figcaption>{name}</figcaption>
            <TruthBox
              kind={truth.kind}
              status={<div className="status live">{t('connection.live')}</div>}
              slots={slotsOf(truth, {
                t,
                format,
                sale,
                product: lamp,
                now,
                soldOutSpan: 4200,
                signIn: null,
                ready: true,
                problem: null,
                onBuy: () => undefined,
              })}
            />
          </figure>
        ))}
      </main>
    </>
  );
}

await initLanguage(words);
const root = document.getElementById('root');
if (!root) throw new Error('gallery.html has no #root');
createRoot(root).render(
  <StrictMode>
    <ShopTheme>
      <Gallery />
    </ShopTheme>
  </StrictMode>,
);
