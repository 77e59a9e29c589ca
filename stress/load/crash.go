package load

import (
	"context"
	"math/rand/v2"

	"stampede/stress/shop"
)

// crash kills a server under way and brings it back, again and again.
func crash(ctx context.Context, r *run) error {
	all, err := r.workers(ctx, r.Connections) // before anybody is killed
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
			for n := 0; r.now() < until && wait(over, r.shareOfDuration(dice, 0.08, 0.16)); n++ {
				if err := r.crashOnce(ctx, dice, n); err != nil {
					return err
				}
			}
			return nil
		})
}

// crashOnce notes from when on a server was being killed, and when all could be asked again.
func (r *run) crashOnce(ctx context.Context, dice *rand.Rand, n int) error {
	target := dice.IntN(len(r.Targets))
	back := r.outage(target)
	alone, err := r.Crash(ctx, target, n)
	if err == nil {
		err = r.everywhere(ctx)
	}
	if err == nil {
		back(alone)
	}
	return err
}
