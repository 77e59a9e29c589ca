package load

import (
	"context"
	"math/rand/v2"
	"time"

	"stampede/stress/judge"
	"stampede/stress/shop"
)

// crash kills a server under way and brings it back, again and again.
func crash(ctx context.Context, r *run) error {
	return r.withOutages(ctx, 0.08, 0.16, func(ctx context.Context, dice *rand.Rand, n int) error {
		return r.takeAway(ctx, dice.IntN(len(r.Targets)), n)
	})
}

// freeze lets a server stand still under way, again and again. When it goes on, what it remembers is old.
func freeze(ctx context.Context, r *run) error {
	return r.withOutages(ctx, 0.03, 0.08, func(ctx context.Context, dice *rand.Rand, n int) error {
		target := dice.IntN(len(r.Targets))
		g := newGroup(ctx)
		g.run(func(ctx context.Context) error { return r.takeAway(ctx, target, n) })
		g.run(func(ctx context.Context) error { return r.meanwhile(ctx, (target+1)%len(r.Targets), dice) })
		return g.wait()
	})
}

// withOutages plays arrivals, and one outage after the other; between them passes a share of the run's length, from
// least to most.
func (r *run) withOutages(
	ctx context.Context, least, most float64, one func(ctx context.Context, dice *rand.Rand, n int) error,
) error {
	all, err := r.workers(ctx, r.Connections) // before anybody is away
	defer dismiss(all)
	if err != nil {
		return err
	}
	if err := r.openNow(ctx); err != nil {
		return err
	}
	dice, until := r.dice(-1), r.now()+r.Duration // not for as long as somebody waits whom it never answers
	return r.beside(ctx, func(ctx context.Context) error { r.eachOf(ctx, all, wants); return nil },
		func(ctx context.Context, _ *shop.Conn, over <-chan struct{}) error {
			for n := 0; r.now() < until && wait(over, r.shareOfDuration(dice, least, most)); n++ {
				if err := one(ctx, dice, n); err != nil {
					return err
				}
			}
			return nil
		})
}

// takeAway notes from when on a server was being taken away, and when all could be asked again.
func (r *run) takeAway(ctx context.Context, target, n int) error {
	back := r.outage(target)
	alone, err := r.TakeAway(ctx, target, n)
	if err == nil {
		err = r.everywhere(ctx)
	}
	if err == nil {
		back(alone)
	}
	return err
}

// stillFor is how long a server has stood still when the sale changes, and for how long it is on hold then.
const stillFor = 700 * time.Millisecond

// meanwhile restocks the sale at a server that goes on, or puts it on hold there for a moment.
func (r *run) meanwhile(ctx context.Context, target int, dice *rand.Rand) error {
	c := shop.NewConn(r.Targets[target], r.Timeout)
	defer c.Close()
	sleep(ctx, stillFor)
	if dice.IntN(2) == 0 { // with so much that some of it is left when the other one goes on
		third := max(1, r.Stock/3)
		return r.change(ctx, c, judge.Restock, third+dice.IntN(third))
	}
	if err := r.change(ctx, c, judge.Pause, 0); err != nil {
		return err
	}
	sleep(ctx, stillFor)
	return r.change(ctx, c, judge.Resume, 0)
}
