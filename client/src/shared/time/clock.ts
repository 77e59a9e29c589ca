/** One exchange with the server that told its time. All times in milliseconds. */
export interface Sample {
  /** Add it to the local clock to get the server's. */
  offset: number;
  /** How long the exchange took: half of it is how wrong `offset` can be. */
  roundTrip: number;
}

const KEPT_SAMPLES = 8;

export function sampleOf(sentAt: number, receivedAt: number, serverTime: number): Sample {
  const roundTrip = receivedAt - sentAt;
  return { offset: serverTime + roundTrip / 2 - receivedAt, roundTrip };
}

/** The sample that can be wrong by least. */
export function best(samples: readonly Sample[]): Sample | undefined {
  return samples.reduce<Sample | undefined>(
    (least, sample) => (least && least.roundTrip <= sample.roundTrip ? least : sample),
    undefined,
  );
}

/** Never jumps when the shopper's clock is set: counts from when the page was opened. */
export const monotonic = (): number => performance.timeOrigin + performance.now();

/** The server's clock, as well as this page can know it. */
export class ServerClock {
  readonly local: () => number;
  #samples: Sample[] = [];
  #floor = -Infinity;
  /** What was known before it was forgotten: nearer to the truth than a local clock that may be minutes wrong. */
  #before: number | undefined;
  readonly #listeners = new Set<() => void>();

  constructor(local: () => number = monotonic) {
    this.local = local;
  }

  now = (): number => this.local() + Math.max(this.#offset ?? 0, this.#floor);

  /** Something was asked at `sentAt` (local), and the answer, here at `receivedAt`, says `serverTime`. */
  learn(sentAt: number, serverTime: number, receivedAt = this.local()): void {
    this.#samples = [
      ...this.#samples.slice(1 - KEPT_SAMPLES),
      sampleOf(sentAt, receivedAt, serverTime),
    ];
    this.#changed();
  }

  /** News that was not asked for says `serverTime`: it cannot come from the future, so now is later. */
  atLeast(serverTime: number): void {
    if (this.#offset === undefined || serverTime <= this.now()) return;
    this.#floor = serverTime - this.local();
    this.#changed();
  }

  /** Forget what was learned as soon as there is something new, for example after the computer slept. */
  forget(): void {
    const offset = this.#offset;
    this.#before = offset === undefined ? undefined : Math.max(offset, this.#floor);
    this.#samples = [];
    this.#floor = -Infinity;
  }

  get #offset(): number | undefined {
    return best(this.#samples)?.offset ?? this.#before;
  }

  get samples(): number {
    return this.#samples.length;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
