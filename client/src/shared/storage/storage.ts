/** What the page remembers between visits. A browser may refuse to keep anything: then nothing is kept. */
export interface Keep {
  get(key: string): string | null;
  set(key: string, value: string): void;
  remove(key: string): void;
}

export function createKeep(storage: () => Storage): Keep {
  const attempt = <T>(action: (kept: Storage) => T, otherwise: T): T => {
    try {
      return action(storage());
    } catch {
      return otherwise;
    }
  };
  return {
    get: (key) => attempt((kept) => kept.getItem(key), null),
    set: (key, value) => attempt((kept) => kept.setItem(key, value), undefined),
    remove: (key) => attempt((kept) => kept.removeItem(key), undefined),
  };
}

export const keep = createKeep(() => window.localStorage);
