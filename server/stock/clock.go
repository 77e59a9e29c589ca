package stock

import (
	"sync"
	"time"
)

const (
	// clockSamples is how many readings the clock remembers.
	clockSamples = 8
	// clockSlack is how far the clock stands still rather than going back; a database's clock that was set back by
	// more is followed.
	clockSlack = time.Second
)

// start is where this process's own count of time begins: unlike the wall clock, nobody sets it.
var start = time.Now()

// Clock estimates the database's clock, the one clock that decides a sale's window. Every estimate is a lower bound
// as far as the readings tell: a phase is announced a moment late, never early.
type Clock struct {
	mu      sync.Mutex // guards what follows
	origins [clockSamples]time.Time
	taken   int
	another bool      // the next reading is of another clock
	last    time.Time // what Now has said
	lowest  time.Time // the earliest that Now has said since Passed was asked
}

// Observe notes a reading of the database's clock that has just arrived. The reading was made earlier than now, so
// it bounds the database's clock from below.
func (c *Clock) Observe(reading time.Time) {
	origin := reading.Add(-time.Since(start))
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.another {
		c.taken, c.another = 0, false
	}
	c.origins[c.taken%clockSamples] = origin
	c.taken++
}

// Anew says that the next reading may be of another clock: it replaces all that were taken before.
func (c *Clock) Anew() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.another = true
}

// Now is the database's present instant, in UTC, as far as the latest readings tell. Without any it is this
// machine's.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.nowLocked()
}

// Passed is the time that has gone by since it was last asked: from the earliest instant that Now has said since. After
// the database's clock was set back, that is earlier than it was then, and what lies between passes once more. It is
// for one caller.
func (c *Clock) Passed() (from, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now = c.nowLocked()
	from, c.lowest = c.lowest, now
	return from, now
}

func (c *Clock) nowLocked() time.Time {
	now := c.steadyLocked()
	if c.lowest.IsZero() || now.Before(c.lowest) {
		c.lowest = now
	}
	return now
}

// steadyLocked stands still rather than going back a little.
func (c *Clock) steadyLocked() time.Time {
	now := time.Now().UTC()
	if c.taken > 0 {
		now = c.originLocked().Add(time.Since(start)).UTC()
	}
	if back := c.last.Sub(now); back > 0 && back < clockSlack {
		return c.last
	}
	c.last = now
	return now
}

// Until is how long it takes until the database's clock shows t.
func (c *Clock) Until(t time.Time) time.Duration { return t.Sub(c.Now()) }

// originLocked is what the database's clock showed at start: the latest that the readings allow.
func (c *Clock) originLocked() time.Time {
	best := c.origins[0]
	for _, origin := range c.origins[:min(c.taken, clockSamples)] {
		if origin.After(best) {
			best = origin
		}
	}
	return best
}
