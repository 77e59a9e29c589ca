import type { ReactNode } from 'react';
import { PageTitle } from './PageTitle';

/** A page that has nothing to show yet, or nothing at all, and says why. */
export function Waiting({ children }: { children: ReactNode }) {
  return (
    <main className="page empty-desk">
      <div role="status">
        <PageTitle className="quiet">{children}</PageTitle>
      </div>
    </main>
  );
}
