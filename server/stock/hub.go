// Package stock tells everybody how a sale stands: Hub keeps the latest state and broadcasts it, Relay carries it
// between replicas, Clock estimates the database's clock that decides the phases.
package stock

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"stampede/model"
)

const (
	// staleAfter is how long the hub answers without having heard of the database.
	staleAfter = 10 * time.Second
	// pace is the shortest time between two states on one watch.
	pace = 100 * time.Millisecond
	// longest is the most that the hub sleeps: clocks may step, and then a wake-up is due earlier than it seemed.
	longest = time.Second
)

// Hub keeps the latest state of every sale, not a log of changes: a slow watcher skips states and never holds up a
// publisher. It satisfies graph.Feed.
type Hub struct {
	clock *Clock

	mu       sync.RWMutex // guards what follows
	sales    map[model.SaleID]model.Sale
	versions int64         // sum of the sales' versions
	heardAt  time.Time     // when the database was last heard of; this machine's clock
	current  model.SaleID  // what a visitor who names none is shown; 0: there is no sale
	changed  chan struct{} // closed, and made anew, when any sale changes

	moved chan struct{} // holds one: a sale has other times than before
}

// NewHub makes an empty hub. Its answers are UNAVAILABLE until Heard is called.
func NewHub(clock *Clock) *Hub {
	return &Hub{
		clock: clock, sales: map[model.SaleID]model.Sale{}, changed: make(chan struct{}), moved: make(chan struct{}, 1),
	}
}

// Publish takes a committed state, and drops it when a later one is known. It never waits, nor does it look at other
// sales but the current one, as long as that one stays.
func (h *Hub) Publish(sale model.Sale) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.takeLocked(&sale, h.clock.Now()) {
		h.wakeLocked()
	}
}

// sync takes what the database was read to hold, and lets go of sales that it has lost. Who watches those hears no more
// of them. Everybody else is woken once.
func (h *Hub) sync(sales []model.Sale, lost iter.Seq[model.SaleID]) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now, changed := h.clock.Now(), false
	for i := range sales {
		changed = h.takeLocked(&sales[i], now) || changed
	}
	for id := range lost {
		h.versions -= h.sales[id].Version
		delete(h.sales, id)
		changed = true
	}
	if _, found := h.sales[h.current]; !found {
		h.pickLocked(now)
	}
	if changed {
		h.wakeLocked()
	}
}

// takeLocked says whether a state is news. It keeps the current sale the one that model.Current picks: what the clock
// changes in that, Run sees to.
func (h *Hub) takeLocked(sale *model.Sale, now time.Time) bool {
	known, had := h.sales[sale.ID]
	if sale.Version <= known.Version {
		return false
	}
	h.sales[sale.ID] = *sale
	h.versions += sale.Version - known.Version
	if !had || !known.StartsAt.Equal(sale.StartsAt) || !known.EndsAt.Equal(sale.EndsAt) {
		select {
		case h.moved <- struct{}{}:
		default:
		}
	}
	if sale.ID == h.current {
		if model.Precedes(&known, sale, now) { // another one may precede it now
			h.pickLocked(now)
		}
	} else if current := h.sales[h.current]; h.current == 0 || model.Precedes(sale, &current, now) {
		h.current = sale.ID
	}
	return true
}

// pickLocked finds the current sale among all.
func (h *Hub) pickLocked(now time.Time) {
	sale, _ := model.Current(maps.Values(h.sales), now)
	h.current = sale.ID
}

// known is a copy of what the hub holds.
func (h *Hub) known() map[model.SaleID]model.Sale {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return maps.Clone(h.sales)
}

// sale is what the hub holds of a sale; zero when there is none.
func (h *Hub) sale(id model.SaleID) model.Sale {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.sales[id]
}

// Heard notes that what the hub holds was in step with the database just now.
func (h *Hub) Heard() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.heardAt = time.Now()
}

// Pulse is the number of sales and the sum of their versions, to be held against the database's.
func (h *Hub) Pulse() (sales int, versions int64) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return len(h.sales), h.versions
}

// Latest is a sale as it stands now; false when there is none with this id. Errors: UNAVAILABLE, and then the word says
// whether there was one.
func (h *Hub) Latest(id model.SaleID) (model.State, bool, error) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	sale, found := h.sales[id]
	if err := h.freshLocked(); err != nil {
		return model.State{}, found, err
	}
	return h.stateOf(sale), found, nil
}

// Current is the sale that a visitor who names none is shown; false when there is no sale. Errors: UNAVAILABLE.
func (h *Hub) Current() (model.State, bool, error) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if err := h.freshLocked(); err != nil {
		return model.State{}, false, err
	}
	state, found := h.stateLocked(0)
	return state, found, nil
}

// All lists the sales, the soonest to start first, then by id. Errors: UNAVAILABLE.
func (h *Hub) All() ([]model.State, error) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if err := h.freshLocked(); err != nil {
		return nil, err
	}
	all := make([]model.State, 0, len(h.sales))
	for _, sale := range h.sales {
		all = append(all, h.stateOf(sale))
	}
	slices.SortFunc(all, func(a, b model.State) int {
		return cmp.Or(a.StartsAt.Compare(b.StartsAt), cmp.Compare(a.ID, b.ID))
	})
	return all, nil
}

// Watch sends the sale as it stands, and then as it stands after each change: the latest state only, at most ten a
// second, the last one always. Revisions never go back. Id 0 follows the current sale. The channel closes when ctx
// ends.
func (h *Hub) Watch(ctx context.Context, id model.SaleID) <-chan model.State {
	states := make(chan model.State)
	go func() {
		defer close(states)
		var seen model.State
		for {
			state, found, changed := h.look(id)
			var send chan model.State
			if found && (state.ID != seen.ID || state.Revision() > seen.Revision()) {
				send = states
			}
			select {
			case send <- state:
				seen = state
				if !rest(ctx, pace) {
					return
				}
			case <-changed:
			case <-ctx.Done():
				return
			}
		}
	}()
	return states
}

// rest waits for d; false when ctx ended first.
func rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// look is the state to show a watcher, and a channel that closes when it may have changed.
func (h *Hub) look(id model.SaleID) (model.State, bool, <-chan struct{}) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	state, found := h.stateLocked(id)
	return state, found, h.changed
}

func (h *Hub) stateLocked(id model.SaleID) (model.State, bool) {
	if id == 0 {
		id = h.current
	}
	sale, found := h.sales[id]
	return h.stateOf(sale), found
}

func (h *Hub) stateOf(sale model.Sale) model.State { return model.State{Sale: sale, At: h.clock.Now()} }

func (h *Hub) freshLocked() error {
	if time.Since(h.heardAt) < staleAfter {
		return nil
	}
	return &model.Error{
		Code:    model.CodeUnavailable,
		Message: "The shop can't be reached just now: what it last said is too old to be shown.",
	}
}

// wakeLocked tells every watcher to look again.
func (h *Hub) wakeLocked() {
	close(h.changed)
	h.changed = make(chan struct{})
}

// Run announces the changes of phase that the clock alone makes, until ctx ends.
func (h *Hub) Run(ctx context.Context) {
	announced := h.clock.Now() // what was due until then needs no announcement
	for {
		due := h.nextDue(announced)
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
		now := h.clock.Now()
		isDue := !due.IsZero() && !now.Before(due)
		if isDue {
			announced = due
		}
		if isDue || h.outdated(now) {
			h.mu.Lock()
			h.pickLocked(now)
			h.wakeLocked()
			h.mu.Unlock()
		}
	}
}

// outdated says whether another sale is the current one by now: the clock may have been set back.
func (h *Hub) outdated(now time.Time) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	sale, _ := model.Current(maps.Values(h.sales), now)
	return sale.ID != h.current
}

// nextDue is the first instant after announced at which a sale changes by the clock, zero when there is none.
func (h *Hub) nextDue(announced time.Time) time.Time {
	h.mu.RLock()
	defer h.mu.RUnlock()
	var due time.Time
	for _, sale := range h.sales {
		if at := sale.NextChangeAfter(announced); !at.IsZero() && (due.IsZero() || at.Before(due)) {
			due = at
		}
	}
	return due
}
