import { createContext } from 'react';

/** So soon after one control gave way to another, nobody can have meant the new one. */
const QUIET_MS = 600;

/** Where the page's actions take turns: a press that was meant for one must not reach the next. */
export class ActionPlace {
  readonly #listeners = new Set<() => void>();
  #name = '';
  #leftAt = -Infinity;
  #settled = true;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** What stands there now may be pressed. */
  settled = (): boolean => this.#settled;

  enter(name: string): void {
    const tookOver = name !== this.#name && performance.now() - this.#leftAt < QUIET_MS;
    this.#name = name;
    if (tookOver) this.hush();
  }

  leave(): void {
    this.#leftAt = performance.now();
  }

  /** From now on, a while without presses. */
  hush(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#set(true), QUIET_MS);
    this.#set(false);
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #set(settled: boolean): void {
    if (settled === this.#settled) return;
    this.#settled = settled;
    for (const listener of this.#listeners) listener();
  }
}

export const ActionPlaceContext = createContext(new ActionPlace());
