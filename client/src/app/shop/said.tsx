import { createContext, type ReactNode, use, useState } from 'react';
import { createPortal } from 'react-dom';

const PlaceContext = createContext<HTMLElement | null>(null);

/**
 * Where screen readers listen. It lives as long as the page, whatever sale there is: of a place that comes with its first
 * words many readers say nothing.
 */
export function Hearing({ children }: { children: ReactNode }) {
  const [place, setPlace] = useState<HTMLElement | null>(null);
  return (
    <PlaceContext value={place}>
      {children}
      <div ref={setPlace} role="status" aria-live="polite" className="unseen" />
    </PlaceContext>
  );
}

/** Words for who hears the page. */
export function Said({ children }: { children: ReactNode }) {
  const place = use(PlaceContext);
  return place && createPortal(children, place);
}
