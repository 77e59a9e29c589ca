import type { ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { type Deed, perform } from './deeds';

/** Draws a state and brings it about. `html[data-gallery]` says when it stands there, "ready", or what is wrong. */
export async function show(page: ReactNode, deeds: readonly Deed[] = []): Promise<void> {
  const root = document.getElementById('root');
  if (!root) throw new Error('the page has no #root');
  createRoot(root).render(page);
  const { dataset } = document.documentElement;
  try {
    await perform(deeds);
    dataset.gallery = 'ready';
  } catch (error) {
    dataset.gallery = String(error);
    throw error;
  }
}

/** What stands behind the gallery's own address: the name of a state, empty for the list of them. */
export const stateOf = (base: string): string =>
  decodeURIComponent(window.location.pathname.slice(base.length)).replace(/^\/|\/$/g, '');
