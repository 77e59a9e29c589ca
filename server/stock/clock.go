package stock

import (
	"sync"
	"time"
)

// clockSamples is how many readings the clock remembers.
const clockSamples = 8

// Clock estimates the database's clock, the one clock that decides a sale's window. Every estimate is a lower bound
// as far as the readings tell: a phase is announced a moment late, never early.
type Clock struct {
	mu      sync.Mutex // guards what follows
	offsets [clockSamples]time.Duration
	taken   int
}

// Observe notes a reading of the database's clock that has just arrived. The reading was made earlier than now, so
// it bounds the database's clock from below.
func (c *Clock) Observe(reading time.Time) {
	offset := time.Until(reading)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offsets[c.taken%clockSamples] = offset
	c.taken++
}

// Now is the database's present instant, in UTC, as far as the latest readings tell. Without any it is this
// machine's.
func (c *Clock) Now() time.Time { return time.Now().Add(c.offset()).UTC() }

// Until is how long it takes, on this machine's clock, until the database's clock shows t.
func (c *Clock) Until(t time.Time) time.Duration { return time.Until(t) - c.offset() }

func (c *Clock) offset() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.taken == 0 {
		return 0
	}
	best := c.offsets[0]
	for _, offset := range c.offsets[:min(c.taken, clockSamples)] {
		best = max(best, offset)
	}
	return best
}
