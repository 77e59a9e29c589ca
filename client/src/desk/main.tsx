import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import '../shared/ui/fonts.css';
import '../shared/ui/base.css';
import './desk.css';
import { isDemo, readBoot } from '../shared/boot/boot';
import { initLanguage } from '../shared/i18n/i18n';
import { Desk } from './Desk';
import { createDeskServices } from './services';
import { words } from './words';

await initLanguage(words);
const root = document.getElementById('root');
if (!root) throw new Error('desk.html has no #root');
if (import.meta.env.DEV && window.location.pathname.startsWith('/desk/gallery')) {
  const { showGallery } = await import('./gallery/Gallery');
  await showGallery();
} else {
  createRoot(root).render(
    <StrictMode>
      <Desk services={createDeskServices()} demo={isDemo(readBoot(document))} />
    </StrictMode>,
  );
}
