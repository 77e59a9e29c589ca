package transport

import (
	"sync"
	"time"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"stampede/graph"
)

// maxAlone is how many subscriptions that share nothing one viewer may have in this process, and alonePace the shortest
// time between two states of one: each state asks the database.
const (
	maxAlone  = 5
	alonePace = time.Second
)

// alone counts the subscriptions that share nothing, by what they follow and by whose they are.
type alone struct {
	mu       sync.Mutex // guards what follows
	bySale   map[graph.SaleID]int
	byViewer map[string]int
}

// add counts one more, until the one who asked for it leaves; or says that there may be no more.
func (a *alone) add(viewer string, id graph.SaleID) (leave func(), refusal *gqlerror.Error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.byViewer[viewer] >= maxAlone {
		return nil, tooMany("Too many subscriptions to what is yours alone are under way.")
	}
	a.bySale[id]++
	a.byViewer[viewer]++
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		drop(a.bySale, id)
		drop(a.byViewer, viewer)
	}, nil
}

// drop counts one less.
func drop[K comparable](counts map[K]int, key K) {
	counts[key]--
	if counts[key] == 0 {
		delete(counts, key)
	}
}

// Watching is how many subscribers each sale has here; 0 stands for the current one.
func (h *Handler) Watching() map[graph.SaleID]int { return h.sockets.groups.watching() }

func (g *groups) watching() map[graph.SaleID]int {
	all := map[graph.SaleID]int{}
	g.mu.Lock()
	for _, group := range g.byKey {
		all[group.saleID] += group.holders
	}
	g.mu.Unlock()
	g.alone.mu.Lock()
	defer g.alone.mu.Unlock()
	for id, n := range g.alone.bySale {
		all[id] += n
	}
	return all
}
