package stock

import (
	"cmp"
	"iter"
	"slices"
	"sync/atomic"

	"stampede/model"
)

// entry is a sale's place in the hub. Its latest state is read without a lock. Its start never moves, so that a list of
// entries stays sorted while it is read: a sale that gets another start gets another entry.
type entry struct {
	sale atomic.Pointer[model.Sale] // never nil, and what it points to never changes

	gone    bool // it is no longer the sale's; guarded by Hub.mu
	changed bell // rung when the sale changes, or is gone; guarded by Hub.mu
}

func newEntry(sale model.Sale) *entry {
	e := &entry{changed: make(bell)}
	e.hold(sale)
	return e
}

func (e *entry) hold(sale model.Sale) { e.sale.Store(&sale) }

// leaveLocked tells who watches that the sale is elsewhere, or nowhere.
func (e *entry) leaveLocked() {
	e.gone = true
	e.changed.ring()
}

// inOrder puts the soonest to start first, then the lower id.
func inOrder(a, b *entry) int {
	s, t := a.sale.Load(), b.sale.Load()
	return cmp.Or(s.StartsAt.Compare(t.StartsAt), cmp.Compare(s.ID, t.ID))
}

// reordered is a new list of what is left of a sorted one, and of what was added. The old one may still be read.
// Nearly all of the new one is sorted already, so that one addition costs one look at each.
func reordered(old, added []*entry) []*entry {
	list := slices.DeleteFunc(slices.Concat(old, added), func(e *entry) bool { return e.gone })
	slices.SortFunc(list, inOrder)
	return list
}

// salesOf are the latest states of entries.
func salesOf(entries iter.Seq[*entry]) iter.Seq[model.Sale] {
	return func(yield func(model.Sale) bool) {
		for e := range entries {
			if !yield(*e.sale.Load()) {
				return
			}
		}
	}
}

// statesOf is how entries stand when each is asked for. The clock is read after the sale: none stands as of an instant
// before it was held.
func statesOf(entries []*entry, clock *Clock) iter.Seq[model.State] {
	return func(yield func(model.State) bool) {
		for _, e := range entries {
			sale := e.sale.Load()
			if !yield(model.State{Sale: *sale, At: clock.Now()}) {
				return
			}
		}
	}
}
