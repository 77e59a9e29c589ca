import { best, sampleOf, ServerClock } from './clock';
import { untilNextTick } from './useServerNow';

describe("the server's clock", () => {
  it('lies half a round trip behind the answer', () => {
    expect(sampleOf(1000, 1200, 5000)).toEqual({ offset: 3900, roundTrip: 200 });
  });

  it('is the one of the shortest round trip', () => {
    const slow = { offset: 900, roundTrip: 800 };
    const quick = { offset: 500, roundTrip: 20 };
    expect(best([slow, quick, slow])).toBe(quick);
    expect(best([])).toBeUndefined();
  });

  it('survives a local clock that is ten minutes wrong', () => {
    let local = 1_000_000;
    const clock = new ServerClock(() => local);
    const sentAt = local;
    local += 100;
    clock.learn(sentAt, 1_600_050);
    expect(clock.now()).toBe(1_600_100);
    local += 5000;
    expect(clock.now()).toBe(1_605_100);
  });

  it('keeps the better of two samples, whichever came first', () => {
    let local = 0;
    const clock = new ServerClock(() => local);
    local = 10;
    clock.learn(0, 505);
    local = 1000;
    clock.learn(0, 5000);
    expect(clock.now()).toBe(1500);
  });

  it('goes on by what it knew, when that is to be forgotten, until it learns anew', () => {
    let local = 0;
    const clock = new ServerClock(() => local);
    clock.learn(0, 600_000);
    clock.atLeast(610_000);
    clock.forget();
    expect(clock.samples).toBe(0);
    expect(clock.now()).toBe(610_000);
    local = 100;
    clock.learn(100, 605_100);
    expect(clock.now()).toBe(605_100);
  });

  it('goes forward when news comes from later than it thought, and tells', () => {
    let local = 0;
    const clock = new ServerClock(() => local);
    clock.learn(0, 1000);
    const told = vi.fn();
    clock.subscribe(told);
    local = 10;
    clock.atLeast(900);
    expect(told).not.toHaveBeenCalled();
    clock.atLeast(61_000);
    expect(told).toHaveBeenCalledOnce();
    expect(clock.now()).toBe(61_000);
  });
});

describe('the next tick', () => {
  it.each([
    [0, 90_000, 1000],
    [500, 90_000, 500],
    [89_999.5, 90_000, 1],
    [90_000, 90_000, null],
  ])('at %d of %d: in %s ms', (now, moment, wait) => {
    expect(untilNextTick(now, moment)).toBe(wait);
  });
});
