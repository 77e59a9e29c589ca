import { createContext, useContext, useSyncExternalStore } from 'react';
import type { Keep } from '../../shared/storage/storage';

/** The shop, on the same origin, hands its shopper's token over under this name (docs/operations.md, Signing in). */
export const TOKEN_KEY = 'stampede.token';
const NAME_KEY = 'stampede.name';

export interface SessionState {
  readonly token: string | null;
  /** What the shopper called themselves in the demo; null with a token from elsewhere. */
  readonly name: string | null;
  /** The server did not take the last token, as when it has run out. */
  readonly refused: boolean;
}

/** Who is shopping. Follows what other tabs, or the shop itself, do to the kept token. */
export class Session {
  readonly #keep: Keep;
  #state: SessionState;
  readonly #listeners = new Set<() => void>();

  constructor(keep: Keep) {
    this.#keep = keep;
    this.#state = this.#read();
  }

  state = (): SessionState => this.#state;

  signIn(token: string, name: string): void {
    this.#keep.set(NAME_KEY, name);
    this.#keep.set(TOKEN_KEY, token);
    this.#set({ token, name, refused: false });
  }

  /** Forgets who is signed in. */
  signOut(): void {
    this.#forget(false);
  }

  /** Forgets a token that the server does not take, unless another one has taken its place meanwhile. */
  refuse(token: string): void {
    if (token === this.#state.token) this.#forget(true);
  }

  #forget(refused: boolean): void {
    this.#keep.remove(TOKEN_KEY);
    this.#keep.remove(NAME_KEY);
    this.#set({ token: null, name: null, refused });
  }

  /** Listens to other tabs until the returned function is called. */
  follow(): () => void {
    const changed = (event: StorageEvent) => {
      if (event.key === TOKEN_KEY || event.key === null) this.#set(this.#read());
    };
    // Who went to the shop's own sign-in and back may find the page as they left it: it was told of nothing meanwhile.
    const returned = (event: PageTransitionEvent) => {
      if (event.persisted) this.#set(this.#read());
    };
    window.addEventListener('storage', changed);
    window.addEventListener('pageshow', returned);
    return () => {
      window.removeEventListener('storage', changed);
      window.removeEventListener('pageshow', returned);
    };
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #read(): SessionState {
    const token = this.#keep.get(TOKEN_KEY);
    return { token: token === '' ? null : token, name: this.#keep.get(NAME_KEY), refused: false };
  }

  #set(state: SessionState): void {
    if (state.token === this.#state.token) return;
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

export const SessionContext = createContext<Session | null>(null);

export function useSession(): SessionState & { session: Session } {
  const session = useContext(SessionContext);
  if (!session) throw new Error('useSession needs a SessionContext above it');
  const state = useSyncExternalStore(session.subscribe, session.state);
  return { ...state, session };
}
