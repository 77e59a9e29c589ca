// Package heap looks after how far the heap grows: far in a rush, and not for an idle crowd.
package heap

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// How far the heap may grow between two collections, in bytes. A rush allocates much, on thousands of stacks: memory is
// traded for fewer collections, two a second. With tens of thousands of subscribers much lives and little is allocated:
// then the same percentage would be hundreds of megabytes of nothing. What a wave of arrivals has left behind goes back
// to the system once it is calm.
const (
	gcEvery = 500 * time.Millisecond
	gcRoom  = 24 << 20 // at the least
	gcMost  = 400      // percent of what lives, at the most
	gcLeast = 25

	lookEvery    = 50 * time.Millisecond
	rateFades    = 7.0 / 8 // from look to look: a rush is believed at once, and its end after half a second
	calmRate     = 2 << 20 // bytes allocated a second: nobody is in a hurry
	calmFor      = 40      // looks
	worthTidying = 8 << 20 // bytes of nothing: less is not worth a collection
)

// Keep looks after the heap until ctx ends, unless GOGC says that somebody else does. GOMEMLIMIT has the last word in
// any case.
func Keep(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	k := keeper{percent: gcMost}
	debug.SetGCPercent(k.percent)
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			k.look(readUsage())
		case <-ctx.Done():
			return
		}
	}
}

// keeper is what is known from the last look.
type keeper struct {
	percent int
	rate    float64 // bytes allocated a second, and a while ago
	last    usage
	calm    int    // looks in a row
	left    uint64 // of nothing, after the last tidying
}

// usage is the process's memory, in bytes.
type usage struct {
	live      uint64 // after the last collection, and stacks
	held      uint64 // what lives and what does not
	allocated uint64 // since the process began
}

func readUsage() usage {
	samples := []metrics.Sample{
		{Name: "/gc/heap/live:bytes"},
		{Name: "/memory/classes/heap/stacks:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/unused:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
		{Name: "/gc/heap/allocs:bytes"},
	}
	metrics.Read(samples)
	value := func(i int) uint64 { return samples[i].Value.Uint64() }
	return usage{
		live: value(0) + value(1), held: value(1) + value(2) + value(3) + value(4), allocated: value(5),
	}
}

// nothing is what is held and does not live.
func (u usage) nothing() uint64 { return u.held - min(u.held, u.live) }

// look sets how far the heap may grow, and gives back what nobody needs.
func (k *keeper) look(now usage) {
	rate := float64(now.allocated-k.last.allocated) / lookEvery.Seconds()
	k.rate = max(rate, k.rate*rateFades)
	percent := growth(now.live, k.rate)
	if change := percent - k.percent; max(change, -change) > k.percent/8 { // each change stops the world for a moment
		k.percent = percent
		debug.SetGCPercent(percent)
	}
	k.calm++
	if rate > calmRate {
		k.calm = 0
	}
	if k.calm >= calmFor && now.nothing() > k.left+max(worthTidying, now.live/8) {
		debug.FreeOSMemory()
		now = readUsage()
		k.left, k.calm = now.nothing(), 0
	}
	k.last = now
}

// growth is how far the heap may grow between two collections, in percent of what lives, when so much is allocated in
// a second.
func growth(live uint64, rate float64) int {
	room := max(gcRoom, rate*gcEvery.Seconds())
	return int(min(gcMost, max(gcLeast, 100*room/max(1, float64(live)))))
}
