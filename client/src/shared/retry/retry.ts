import { fullJitter, waitOrReturn } from '../time/wait';

const LONGEST_WAIT_MS = 10_000;
const FIRST_WAIT_MS = 1000;

/**
 * One question that wants an answer: after a failure it is asked again, without end, slower each time, each client at
 * its own moment. Whether it failed is the word of the question's own promise: what a cache says meanwhile is no answer.
 */
export class Retry {
  readonly #question: () => Promise<unknown>;
  readonly #listeners = new Set<() => void>();
  /** The latest question, or the wait after it; an older one has no say any more. */
  #turn = 0;
  #attempt = 0;
  #failed = false;

  constructor(question: () => Promise<unknown>) {
    this.#question = question;
  }

  /** The last attempt failed, and the next one is to come or under way. */
  failed = (): boolean => this.#failed;

  /** Asks now, in place of what was planned. Resolves with the attempt, however it ends. */
  ask = async (): Promise<void> => {
    const turn = ++this.#turn;
    const failed = await this.#question().then(
      () => false,
      () => true,
    );
    if (turn !== this.#turn) return;
    this.#set(failed);
    if (failed) void this.#again(turn);
    else this.#attempt = 0;
  };

  /** Nobody waits for the answer any more. */
  stop = (): void => {
    this.#turn++;
  };

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  async #again(turn: number): Promise<void> {
    await waitOrReturn(fullJitter(this.#attempt++, LONGEST_WAIT_MS, FIRST_WAIT_MS));
    if (turn === this.#turn) await this.ask();
  }

  #set(failed: boolean): void {
    if (failed === this.#failed) return;
    this.#failed = failed;
    for (const listener of this.#listeners) listener();
  }
}
