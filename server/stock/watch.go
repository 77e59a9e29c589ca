package stock

import (
	"context"
	"time"

	"stampede/model"
)

// pace is the shortest time between two states on one watch.
const pace = 100 * time.Millisecond

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
	changed := h.bellLocked(id)
	if id == 0 {
		id = h.current
	}
	state, found := h.stateLocked(id)
	return state, found, changed
}

// bellLocked is what wakes the watchers of a sale. Those of one that is not there wait for any to come.
func (h *Hub) bellLocked(id model.SaleID) bell {
	if id == 0 {
		return h.currentChanged
	}
	if e := h.sales[id]; e != nil {
		return e.changed
	}
	return h.arrived
}

// bell wakes all who wait for it when it is rung. Who wants to miss nothing takes it under the lock under which he
// looks.
type bell chan struct{}

func (b *bell) ring() {
	close(*b)
	*b = make(bell)
}
