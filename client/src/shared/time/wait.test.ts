import { fullJitter, waitOrReturn } from './wait';

describe('a wait', () => {
  it.each([
    [0, 500],
    [1, 1000],
    [3, 4000],
    [5, 10_000],
    [1000, 10_000],
  ])('before attempt %i is anything up to %i ms', (attempt, most) => {
    const random = vi.spyOn(Math, 'random');
    for (const part of [0, 0.25, 0.999]) {
      random.mockReturnValue(part);
      expect(fullJitter(attempt, 10_000)).toBe(part * most);
    }
  });

  describe('that ends early', () => {
    beforeEach(() => {
      vi.useFakeTimers();
    });
    afterEach(() => {
      vi.useRealTimers();
    });

    async function ended(wait: Promise<void>): Promise<boolean> {
      let over = false;
      void wait.then(() => (over = true));
      await vi.advanceTimersByTimeAsync(0);
      return over;
    }

    it('when the network comes back', async () => {
      const wait = waitOrReturn(5000);
      expect(await ended(wait)).toBe(false);
      window.dispatchEvent(new Event('online'));
      expect(await ended(wait)).toBe(true);
    });

    it('when the shopper comes back, not when they leave', async () => {
      const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
      const wait = waitOrReturn(5000);
      document.dispatchEvent(new Event('visibilitychange'));
      expect(await ended(wait)).toBe(false);
      hidden.mockReturnValue(false);
      document.dispatchEvent(new Event('visibilitychange'));
      expect(await ended(wait)).toBe(true);
    });

    it('or else in its time', async () => {
      const wait = waitOrReturn(5000);
      await vi.advanceTimersByTimeAsync(4999);
      expect(await ended(wait)).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      expect(await ended(wait)).toBe(true);
    });
  });
});
