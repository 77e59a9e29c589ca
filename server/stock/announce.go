package stock

import (
	"context"
	"slices"
	"time"

	"stampede/model"
)

// longest is the most that the hub sleeps: clocks may step, and then a wake-up is due earlier than it seemed.
const longest = time.Second

// Run announces the changes of phase that the clock alone makes, until ctx ends. What the clock repeats is announced
// once more. What was due when the clock was first read needs no announcement.
func (h *Hub) Run(ctx context.Context) {
	for {
		from, now := h.clock.Passed()
		h.announce(from, now)
		due := h.nextDue(now)
		wait := longest
		if !due.IsZero() {
			wait = max(0, min(wait, h.clock.Until(due)))
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-h.moved:
			timer.Stop()
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// announce wakes who watches a sale that the clock has changed after from and no later than now. What comes into the
// hub meanwhile wakes by itself.
func (h *Hub) announce(from, now time.Time) {
	var due []*entry
	for _, e := range h.list() {
		if at := e.sale.Load().NextChangeAfter(from); !at.IsZero() && !at.After(now) {
			due = append(due, e)
		}
	}
	if len(due) > 0 || h.outdated(now) {
		h.wake(due)
	}
}

func (h *Hub) wake(due []*entry) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range due {
		e.changed.ring()
		if e == h.sales[h.current] {
			h.currentChanged.ring()
		}
	}
	h.pickLocked(h.clock.Now())
}

// outdated says whether another sale is the current one by now: the clock may have been set back.
func (h *Hub) outdated(now time.Time) bool {
	sale, _ := model.Current(salesOf(slices.Values(h.list())), now)
	h.mu.RLock()
	defer h.mu.RUnlock()
	return sale.ID != h.current
}

// nextDue is the first instant after now at which a sale changes by the clock, zero when there is none.
func (h *Hub) nextDue(now time.Time) time.Time {
	var due time.Time
	for _, e := range h.list() {
		if at := e.sale.Load().NextChangeAfter(now); !at.IsZero() && (due.IsZero() || at.Before(due)) {
			due = at
		}
	}
	return due
}
