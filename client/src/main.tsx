import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/App';
import { readConfig } from './app/config';
import './shared/ui/fonts.css';
import { initLanguage } from './app/i18n';
import { createServices } from './app/services';

initLanguage();
const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <App services={createServices()} config={readConfig(document)} />
  </StrictMode>,
);
