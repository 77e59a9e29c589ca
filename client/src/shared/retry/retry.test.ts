import { Retry } from './retry';

/** A question of which the test holds the answers. */
function question() {
  const ends: ((ok: boolean) => void)[] = [];
  const ask = () =>
    new Promise<void>((resolve, reject) =>
      ends.push((ok) => (ok ? resolve() : reject(new Error('no')))),
    );
  return { retry: new Retry(ask), ends };
}
const passes = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

describe('a question that wants an answer', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is asked again after a failure, slower each time, until it is answered', async () => {
    const { retry, ends } = question();
    const told = vi.fn();
    retry.subscribe(told);
    void retry.ask();
    for (const wait of [500, 1000, 2000]) {
      ends.at(-1)?.(false);
      const asked = ends.length;
      await passes(wait - 1);
      expect(ends).toHaveLength(asked);
      await passes(1);
      expect(ends).toHaveLength(asked + 1);
      expect(retry.failed()).toBe(true);
    }
    ends.at(-1)?.(true);
    await passes(60_000);
    expect(retry.failed()).toBe(false);
    expect(ends).toHaveLength(4);
    expect(told).toHaveBeenCalledTimes(2);
  });

  it('takes the place of the wait that was planned, and of an older question', async () => {
    const { retry, ends } = question();
    void retry.ask();
    ends[0]?.(false);
    await passes();
    void retry.ask();
    void retry.ask();
    ends[2]?.(true);
    ends[1]?.(false);
    await passes(60_000);
    expect(ends).toHaveLength(3);
    expect(retry.failed()).toBe(false);
  });

  it('is not asked again when nobody waits for the answer', async () => {
    const { retry, ends } = question();
    void retry.ask();
    retry.stop();
    ends[0]?.(false);
    await passes(60_000);
    expect(ends).toHaveLength(1);
  });
});
