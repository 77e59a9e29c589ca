package web

import (
	"hash/maphash"
	"sync"
	"time"
)

// rate is how often something may happen: a bucket that fills up by one every period and holds burst (GCRA, the
// generic cell rate algorithm).
type rate struct {
	period time.Duration
	burst  int
}

// perSecond is a rate of n a second, of which the double may come at once. 0 is no limit.
func perSecond(n int) rate {
	if n <= 0 {
		return rate{}
	}
	return rate{period: time.Second / time.Duration(n), burst: 2 * n}
}

// admit decides about one more event now. full is the instant at which the bucket will be full again if nothing more
// happens; the zero value is a full bucket. It returns full after the event, or how long to wait for the next attempt.
func (r rate) admit(full, now time.Duration) (after, wait time.Duration, ok bool) {
	if r.burst == 0 {
		return full, 0, true
	}
	after = max(full, now) + r.period
	if wait = after - time.Duration(r.burst)*r.period - now; wait > 0 {
		return full, wait, false
	}
	return after, 0, true
}

const (
	shards       = 64
	maxPerShard  = 1024 // callers that are remembered: 65 536 in all
	sweptAtATime = 8
)

// meter holds callers to a rate. It remembers a bounded number of them: those whose bucket is full again are
// forgotten, and when the table is full of others, the one nearest to it of some that it looks at.
type meter[K comparable] struct {
	rate  rate
	start time.Time
	seed  maphash.Seed
	parts [shards]shard[K]
}

type shard[K comparable] struct {
	mu   sync.Mutex // guards full
	full map[K]time.Duration
}

func newMeter[K comparable](r rate) *meter[K] {
	m := &meter[K]{rate: r, start: time.Now(), seed: maphash.MakeSeed()}
	for i := range m.parts {
		m.parts[i].full = map[K]time.Duration{}
	}
	return m
}

// admit counts an event of a caller, or says how long it has to wait.
func (m *meter[K]) admit(caller K) (wait time.Duration, ok bool) {
	if m.rate.burst == 0 {
		return 0, true
	}
	now := time.Since(m.start)
	part := &m.parts[maphash.Comparable(m.seed, caller)%shards]
	part.mu.Lock()
	defer part.mu.Unlock()
	full, known := part.full[caller]
	after, wait, ok := m.rate.admit(full, now)
	if !ok {
		return wait, false
	}
	if !known && len(part.full) >= maxPerShard {
		part.forget(now)
	}
	part.full[caller] = after
	return 0, true
}

// forget makes room for one: of a few callers, all that have a full bucket, or the one that is nearest to it.
func (s *shard[K]) forget(now time.Duration) {
	var nearest K
	looked, least, gone := 0, time.Duration(-1), false
	for caller, full := range s.full { // in an order that nobody can foresee
		if looked == sweptAtATime {
			break
		}
		looked++
		if full <= now {
			delete(s.full, caller)
			gone = true
		} else if least < 0 || full < least {
			nearest, least = caller, full
		}
	}
	if !gone {
		delete(s.full, nearest)
	}
}
