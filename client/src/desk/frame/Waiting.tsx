import type { ReactNode } from 'react';

/** A page that has nothing to show yet, or nothing at all, and says why. */
export function Waiting({ children }: { children: ReactNode }) {
  return (
    <main className="page empty-desk">
      <div role="status">
        <h1 className="quiet">{children}</h1>
      </div>
    </main>
  );
}
