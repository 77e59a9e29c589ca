package stock

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"stampede/model"
)

// pending is a set of sales that something is to be done about. It is bounded by the number of sales.
type pending struct {
	wake chan struct{} // holds one

	mu  *sync.Mutex // guards what follows
	ids map[model.SaleID]struct{}
}

func newPending() pending {
	return pending{wake: make(chan struct{}, 1), mu: &sync.Mutex{}, ids: map[model.SaleID]struct{}{}}
}

func (p pending) add(id model.SaleID) {
	p.mu.Lock()
	p.ids[id] = struct{}{}
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

func (p pending) take() []model.SaleID {
	p.mu.Lock()
	defer p.mu.Unlock()
	ids := slices.Sorted(maps.Keys(p.ids))
	clear(p.ids)
	return ids
}

// each does what is to be done at once, and then at most once every pace, until ctx ends.
func (p pending) each(ctx context.Context, pace time.Duration, do func(context.Context, []model.SaleID)) {
	for {
		select {
		case <-p.wake:
			do(ctx, p.take())
		case <-ctx.Done():
			return
		}
		if !rest(ctx, pace) {
			return
		}
	}
}
