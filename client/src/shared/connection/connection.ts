import { createContext, useContext, useSyncExternalStore } from 'react';

export interface ConnectionState {
  readonly status: 'connecting' | 'live' | 'lost';
  /** Counts the times that it came to life: a change from 1 on means that something may have been missed. */
  readonly lives: number;
  /** When the server was last heard, by the server's clock; null: never. */
  readonly lastSeen: number | null;
}

/** What the page knows about its line to the server. */
export class Connection {
  #state: ConnectionState = { status: 'connecting', lives: 0, lastSeen: null };
  #heard: number | null = null;
  readonly #listeners = new Set<() => void>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  state = (): ConnectionState => this.#state;

  /** The server said something. Kept aside until the line breaks, so that nobody renders for it. */
  heard = (): void => {
    this.#heard = this.#now();
  };

  opened = (): void => {
    this.heard();
    this.#set({ status: 'live', lives: this.#state.lives + 1, lastSeen: this.#heard });
  };

  lost = (): void => {
    if (this.#state.status !== 'lost') {
      this.#set({ ...this.#state, status: 'lost', lastSeen: this.#heard });
    }
  };

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #set(state: ConnectionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

export const ConnectionContext = createContext(new Connection(Date.now));

export function useConnection(): ConnectionState {
  const connection = useContext(ConnectionContext);
  return useSyncExternalStore(connection.subscribe, connection.state);
}
