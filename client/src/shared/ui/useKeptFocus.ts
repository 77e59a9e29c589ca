import { type FocusEvent, type RefObject, useEffect, useRef } from 'react';

interface Kept<T extends HTMLElement> {
  ref: RefObject<T | null>;
  onFocus: (event: FocusEvent) => void;
  onBlur: () => void;
}

/**
 * Who stands on a control that is taken away finds the focus on what `next` finds in the same place, now or as soon as
 * there is something, not nowhere. The result goes to the place's own element, which stays.
 */
export function useKeptFocus<T extends HTMLElement>(
  next: (place: T) => HTMLElement | null,
): Kept<T> {
  const ref = useRef<T>(null);
  const stood = useRef<Element>(null);
  useEffect(() => {
    const place = ref.current;
    if (!place) return;
    const look = () => {
      if (!stood.current || stood.current.isConnected) return;
      // Whoever has gone elsewhere meanwhile is left there.
      if (document.activeElement === document.body) next(place)?.focus({ preventScroll: true });
      else stood.current = null;
    };
    const observer = new MutationObserver(look);
    observer.observe(place, { childList: true, subtree: true });
    return () => observer.disconnect();
  }, [next]);
  return {
    ref,
    onFocus: ({ target }) => {
      stood.current = target;
    },
    // React does not tell of the blur of what it takes away.
    onBlur: () => {
      stood.current = null;
    },
  };
}
