import { type RefObject, useCallback, useEffect, useState } from 'react';

/**
 * Leads whoever has tried in vain to the first field of the form that is wrong: it comes into view, and a screen reader
 * reads it with what is wrong. Call the returned function once the form shows what that is, or is about to.
 */
export function useFirstWrong(form: RefObject<HTMLElement | null>): () => void {
  const [tries, setTries] = useState(0);
  useEffect(() => {
    if (tries > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [form, tries]);
  return useCallback(() => setTries((before) => before + 1), []);
}
