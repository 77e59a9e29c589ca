// Package stock tells everybody how a sale stands: Hub keeps the latest state and broadcasts it, Relay carries it
// between replicas, Clock estimates the database's clock that decides the phases.
package stock

import (
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"stampede/model"
)

// staleAfter is how long the hub answers without having heard of the database.
const staleAfter = 10 * time.Second

// Hub keeps the latest state of every sale, not a log of changes: a slow watcher skips states and never holds up a
// publisher. It satisfies graph.Feed.
type Hub struct {
	clock *Clock

	mu       sync.RWMutex // guards what follows
	sales    map[model.SaleID]*entry
	order    []*entry     // all of sales, in order; readers take it out of the lock: it is replaced and never changed
	versions int64        // sum of the sales' versions
	heardAt  time.Time    // when the database was asked whose answer was the last; this machine's clock
	current  model.SaleID // what a visitor who names none is shown; 0: there is no sale

	// Each entry has a bell, too: nobody is woken by the sales of others.
	currentChanged bell // rung when the current sale changes, or another one is it
	arrived        bell // rung when a sale comes that was not there

	moved chan struct{} // holds one: a sale has other times than before
}

// NewHub makes an empty hub. Its answers are UNAVAILABLE until Heard is called.
func NewHub(clock *Clock) *Hub {
	return &Hub{
		clock: clock, sales: map[model.SaleID]*entry{}, moved: make(chan struct{}, 1),
		currentChanged: make(bell), arrived: make(bell),
	}
}

// Publish takes a committed state, and drops it when a later one is known. It never waits, nor does it look at other
// sales but the current one, as long as that one stays and no sale is new or starts at another time.
func (h *Hub) Publish(sale model.Sale) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if added := h.takeLocked(&sale, h.clock.Now()); added != nil {
		h.order = reordered(h.order, []*entry{added})
	}
}

// sync takes what the database was read to hold, and lets go of sales that it has lost. Who watches those hears no more
// of them, unless they come back.
func (h *Hub) sync(sales []model.Sale, lost iter.Seq[model.SaleID]) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.clock.Now()
	var added []*entry
	for i := range sales {
		if e := h.takeLocked(&sales[i], now); e != nil {
			added = append(added, e)
		}
	}
	before := len(h.sales)
	for id := range lost {
		h.removeLocked(id)
	}
	if len(added) > 0 || len(h.sales) < before {
		h.order = reordered(h.order, added)
	}
	if _, found := h.sales[h.current]; !found {
		h.pickLocked(now)
	}
}

// takeLocked holds a state that is news, wakes who watches the sale, and returns the entry that the order lacks from
// now on, if any. It keeps the current sale the one that model.Current picks: what the clock changes in that, Run sees
// to.
func (h *Hub) takeLocked(sale *model.Sale, now time.Time) (added *entry) {
	e, known := h.sales[sale.ID], &model.Sale{}
	if e != nil {
		known = e.sale.Load()
	}
	if sale.Version <= known.Version {
		return nil
	}
	h.versions += sale.Version - known.Version
	if e != nil && known.StartsAt.Equal(sale.StartsAt) {
		e.hold(*sale)
		e.changed.ring()
	} else {
		added = h.replaceLocked(e, sale)
	}
	if added != nil || !known.EndsAt.Equal(sale.EndsAt) {
		select {
		case h.moved <- struct{}{}:
		default:
		}
	}
	h.followLocked(known, sale, now)
	return added
}

// replaceLocked gives a sale a new entry. Old is nil when it has none.
func (h *Hub) replaceLocked(old *entry, sale *model.Sale) *entry {
	if old != nil {
		old.leaveLocked()
	} else {
		h.arrived.ring()
	}
	e := newEntry(*sale)
	h.sales[sale.ID] = e
	return e
}

// removeLocked lets go of a sale, if it is there.
func (h *Hub) removeLocked(id model.SaleID) {
	if e := h.sales[id]; e != nil {
		h.versions -= e.sale.Load().Version
		e.leaveLocked()
		delete(h.sales, id)
	}
}

// followLocked finds the current sale after one has changed.
func (h *Hub) followLocked(before, sale *model.Sale, now time.Time) {
	if sale.ID == h.current {
		h.currentChanged.ring()
		if model.Precedes(before, sale, now) { // another one may precede it now
			h.pickLocked(now)
		}
		return
	}
	if h.current == 0 || model.Precedes(sale, h.sales[h.current].sale.Load(), now) {
		h.showLocked(sale.ID)
	}
}

// showLocked makes a sale the current one.
func (h *Hub) showLocked(id model.SaleID) {
	if id != h.current {
		h.current = id
		h.currentChanged.ring()
	}
}

// pickLocked finds the current sale among all.
func (h *Hub) pickLocked(now time.Time) {
	sale, _ := model.Current(salesOf(maps.Values(h.sales)), now)
	h.showLocked(sale.ID)
}

// list is every sale's entry, in order.
func (h *Hub) list() []*entry {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.order
}

// known is a copy of what the hub holds.
func (h *Hub) known() map[model.SaleID]model.Sale {
	known := map[model.SaleID]model.Sale{}
	for sale := range salesOf(slices.Values(h.list())) {
		known[sale.ID] = sale
	}
	return known
}

// sale is what the hub holds of a sale; zero when there is none.
func (h *Hub) sale(id model.SaleID) model.Sale {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.saleLocked(id)
}

func (h *Hub) saleLocked(id model.SaleID) model.Sale {
	if e := h.sales[id]; e != nil {
		return *e.sale.Load()
	}
	return model.Sale{}
}

// Heard notes that what the hub holds was in step with the database when that was asked: its answer may be old by the
// time it arrives.
func (h *Hub) Heard(asked time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if asked.After(h.heardAt) {
		h.heardAt = asked
	}
}

// HeardAt is when the database was asked whose answer was the last, by this machine's clock; zero before the first.
func (h *Hub) HeardAt() time.Time {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.heardAt
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
	state, found := h.stateLocked(id)
	if err := h.freshLocked(); err != nil {
		return model.State{}, found, err
	}
	return state, found, nil
}

// Current is the sale that a visitor who names none is shown; false when there is no sale. Errors: UNAVAILABLE.
func (h *Hub) Current() (model.State, bool, error) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if err := h.freshLocked(); err != nil {
		return model.State{}, false, err
	}
	state, found := h.stateLocked(h.current)
	return state, found, nil
}

// All goes through the sales, the soonest to start first, then by id. Nobody waits for it. Errors: UNAVAILABLE.
func (h *Hub) All() (iter.Seq[model.State], error) {
	order, err := h.freshList()
	if err != nil {
		return nil, err
	}
	return statesOf(order, h.clock), nil
}

func (h *Hub) freshList() ([]*entry, error) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.order, h.freshLocked()
}

func (h *Hub) stateLocked(id model.SaleID) (model.State, bool) {
	return model.State{Sale: h.saleLocked(id), At: h.clock.Now()}, h.sales[id] != nil
}

func (h *Hub) freshLocked() error {
	if time.Since(h.heardAt) < staleAfter {
		return nil
	}
	return &model.Error{
		Code:    model.CodeUnavailable,
		Message: "The shop can't be reached just now: what it last said is too old to be shown.",
	}
}
