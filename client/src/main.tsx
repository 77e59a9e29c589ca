import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import 'virtual:theme.css';
import './shared/ui/fonts.css';
import './shared/ui/base.css';
import './app/shop/shop.css';
import { App } from './app/App';
import { readConfig } from './app/config';
import { createServices } from './app/services';
import { words } from './app/words';
import { initLanguage } from './shared/i18n/i18n';

await initLanguage(words);
const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
const config = readConfig(document);
const services = createServices(config.first);
createRoot(root).render(
  <StrictMode>
    <App services={services} config={config} />
  </StrictMode>,
);
