package transport

import (
	"sync"

	"stampede/graph"
)

// lone counts the subscriptions that share nothing, by what they follow.
type lone struct {
	mu     sync.Mutex // guards what follows
	bySale map[graph.SaleID]int
}

// add counts one more, until the one who asked for it leaves.
func (l *lone) add(id graph.SaleID) (leave func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.bySale == nil {
		l.bySale = map[graph.SaleID]int{}
	}
	l.bySale[id]++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.bySale[id]--
		if l.bySale[id] == 0 {
			delete(l.bySale, id)
		}
	}
}

// Watching is how many subscribers each sale has here; 0 stands for the current one.
func (h *Handler) Watching() map[graph.SaleID]int { return h.sockets.groups.watching() }

func (g *groups) watching() map[graph.SaleID]int {
	all := map[graph.SaleID]int{}
	g.mu.Lock()
	for _, group := range g.byKey {
		group.mu.Lock()
		all[group.saleID] += len(group.members)
		group.mu.Unlock()
	}
	g.mu.Unlock()
	g.lone.mu.Lock()
	defer g.lone.mu.Unlock()
	for id, n := range g.lone.bySale {
		all[id] += n
	}
	return all
}
