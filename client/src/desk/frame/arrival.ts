import { createContext, type RefObject, useContext, useEffect, useRef } from 'react';
import { NavigationType, useLocation, useNavigationType } from 'react-router';
import { useTranslation } from '../../shared/i18n/i18n';

/**
 * Who comes to another page finds the focus on its title, and a screen reader says where they are. Left alone are the page
 * that was loaded, where the browser begins, and the picker: by its keys one goes past many sales.
 */
export class Arrival {
  #any = false;
  #pending = false;

  /** Another page is there, or about to be. */
  arrive(): void {
    if (document.activeElement instanceof HTMLSelectElement) return;
    this.#any = true;
    const title = document.querySelector<HTMLElement>('main h1');
    title?.focus();
    this.#pending = title === null;
  }

  /** A title is new: also in the place of one that had the focus, once what it waited for has come. */
  entitle(title: HTMLElement): void {
    const lost = this.#any && document.activeElement === document.body;
    if (this.#pending || lost) title.focus();
    this.#pending = false;
  }
}

export const ArrivalContext = createContext(new Arrival());

/** Follows where the operator goes, and whether they have signed in. */
export function useArrivals(arrival: Arrival, token: string | null): void {
  const { pathname } = useLocation();
  const onItsOwn = useNavigationType() === NavigationType.Replace;
  const seen = useRef({ pathname, token });
  useEffect(() => {
    const before = seen.current;
    seen.current = { pathname, token };
    const signedIn = before.token === null && token !== null;
    if (signedIn || (before.pathname !== pathname && !onItsOwn)) arrival.arrive();
  }, [arrival, pathname, token, onItsOwn]);
}

/** For a page's title. */
export function useEntitled<E extends HTMLElement>(): RefObject<E | null> {
  const title = useRef<E>(null);
  const arrival = useContext(ArrivalContext);
  useEffect(() => {
    if (title.current) arrival.entitle(title.current);
  }, [arrival]);
  return title;
}

/** What the browser's tab says: this, and that it is the desk. */
export function useTabTitle(...parts: string[]): void {
  const { t } = useTranslation('desk');
  const title = [...parts, t('page.title')].join(' · ');
  useEffect(() => {
    document.title = title;
  }, [title]);
}
