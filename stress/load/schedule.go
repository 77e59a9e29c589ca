package load

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"stampede/stress/judge"
	"stampede/stress/shop"
)

// worker makes one attempt at a time. It has a connection to each target it has used.
type worker struct {
	*run
	number int
	book   *notebook
	conns  []*shop.Conn
}

func (r *run) newWorker(number int) *worker {
	return &worker{run: r, number: number, book: r.open(), conns: make([]*shop.Conn, len(r.Targets))}
}

// home is the target that the worker usually asks.
func (w *worker) home() int { return w.number % len(w.Targets) }

func (w *worker) conn(target int) *shop.Conn {
	if w.conns[target] == nil {
		w.conns[target] = shop.NewConn(w.Targets[target], w.Timeout)
	}
	return w.conns[target]
}

func (w *worker) close() {
	for _, c := range w.conns {
		if c != nil {
			c.Close()
		}
	}
}

// connectAtOnce is how many connections are opened side by side.
const connectAtOnce = 128

// workers makes n of them, each with an open connection that has been used.
func (r *run) workers(ctx context.Context, n int) ([]*worker, error) {
	all := make([]*worker, n)
	for i := range all {
		all[i] = r.newWorker(i)
	}
	var next atomic.Int64
	g := newGroup(ctx)
	for range min(connectAtOnce, n) {
		g.run(func(ctx context.Context) error {
			for {
				i := next.Add(1) - 1
				if i >= int64(n) {
					return nil
				}
				if err := all[i].conn(all[i].home()).Ping(ctx, ""); err != nil {
					return err
				}
			}
		})
	}
	return all, g.wait()
}

func dismiss(all []*worker) {
	for _, w := range all {
		w.close()
	}
}

// arrivals is an open loop: arrival i comes when it is due, whether or not the server has answered the earlier ones. A
// worker that is free takes the next arrival and waits for its moment. When all are busy the start is late, which is
// counted and stays in the latency; when it would be too late, it is dropped, which is counted too.
//
// Arrivals go to the targets in turn. Each has workers of its own: whoever waits at one that stands still is not in the
// way of the others.
func (r *run) arrivals(
	ctx context.Context, all []*worker, n int,
	due func(i int) judge.Moment, arrive func(context.Context, *worker, judge.Moment),
) {
	if r.from == 0 {
		r.begin(due(0))
	}
	r.planned.Add(int64(n))
	targets := min(len(r.Targets), len(all))
	next := make([]atomic.Int64, targets)
	var running sync.WaitGroup
	for _, w := range all {
		running.Go(func() {
			for {
				i := int(next[w.home()].Add(1)-1)*targets + w.home()
				if i >= n {
					return
				}
				at := due(i)
				if !sleep(ctx, at-r.now()) {
					return
				}
				late := r.now() - at
				if late > r.MaxLate {
					r.dropped.Add(1)
					continue
				}
				r.started(late)
				arrive(ctx, w, at)
			}
		})
	}
	running.Wait()
}

// evenly is a schedule of so many a second.
func evenly(from judge.Moment, rate float64) func(i int) judge.Moment {
	return func(i int) judge.Moment { return from + time.Duration(float64(i)/rate*float64(time.Second)) }
}
