package load

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"stampede/stress/judge"
	"stampede/stress/shop"
)

// beside runs an operator's work beside the load, until the load is over; then the operator finishes.
func (r *run) beside(
	ctx context.Context, play func(context.Context) error,
	operate func(ctx context.Context, c *shop.Conn, over <-chan struct{}) error,
) error {
	g := newGroup(ctx)
	over := make(chan struct{})
	g.run(func(ctx context.Context) error {
		c := shop.NewConn(r.Targets[len(r.Targets)-1], r.Timeout)
		defer c.Close()
		// What was begun is brought to an end, a pause above all: Ctrl-C must not leave a sale on hold.
		return operate(context.WithoutCancel(ctx), c, over)
	})
	g.run(func(ctx context.Context) error {
		defer close(over)
		return play(ctx)
	})
	return g.wait()
}

// wait is for d; false when the load was over first.
func wait(over <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-over:
		return false
	}
}

// retries sends everything several times.
func retries(ctx context.Context, r *run) error {
	if err := r.openNow(ctx); err != nil {
		return err
	}
	return r.each(ctx, func(ctx context.Context, w *worker, o wish) {
		dice := r.dice(int(o.shopper))
		o.token = w.Wallet.Token(o.shopper)
		var running sync.WaitGroup
		for range dice.IntN(10) { // as many more, side by side, from other connections
			later, target := time.Duration(dice.IntN(40))*time.Millisecond, dice.IntN(len(r.Targets))
			if dice.IntN(2) == 0 {
				later = 0
			}
			running.Go(func() {
				if !sleep(ctx, later) {
					return
				}
				twin := r.newWorker(w.number)
				defer twin.close()
				again := o
				again.due, again.target = r.now(), target
				twin.buy(ctx, again)
			})
		}
		w.buy(ctx, o)
		running.Wait()
	})
}

// windowMargin is for how long shoppers come before the start and after the end.
const windowMargin = time.Second

// window has a start and an end, and shoppers who do not mind them.
func window(ctx context.Context, r *run) error {
	lead := windowMargin + soon + time.Duration(r.Connections+r.Watchers)*time.Millisecond
	if err := r.schedule(ctx, lead, r.Duration); err != nil {
		return err
	}
	if err := r.room.enter(ctx, r.Watchers, nil); err != nil {
		return err
	}
	all, err := r.workers(ctx, r.Connections)
	defer dismiss(all)
	if err != nil {
		return err
	}
	from := max(r.now(), r.at(r.clock.local(r.sale.StartsAt))-windowMargin)
	r.arrivals(ctx, all, r.Shoppers, evenly(from, r.Rate), func(ctx context.Context, w *worker, due judge.Moment) {
		o := wish{shopper: r.newcomer(), key: 1, target: w.home(), due: due}
		o.token = w.Wallet.Token(o.shopper)
		w.try(ctx, &o) // whoever comes at the wrong time goes away
	})
	return nil
}

// restock adds what the sale began with, about once a second.
func restock(ctx context.Context, r *run) error {
	if err := r.openNow(ctx); err != nil {
		return err
	}
	dice := r.dice(-1)
	return r.beside(ctx, func(ctx context.Context) error { return r.each(ctx, wants) },
		func(ctx context.Context, c *shop.Conn, over <-chan struct{}) error {
			for wait(over, r.shareOfDuration(dice, 0.05, 0.15)) {
				if err := r.change(ctx, c, judge.Restock, 1+dice.IntN(r.Stock)); err != nil {
					return err
				}
			}
			return nil
		})
}

// pause holds and resumes.
func pause(ctx context.Context, r *run) error {
	if err := r.openNow(ctx); err != nil {
		return err
	}
	dice := r.dice(-1)
	return r.beside(ctx, func(ctx context.Context) error {
		return r.each(ctx, func(ctx context.Context, w *worker, o wish) {
			o.token = w.Wallet.Token(o.shopper)
			w.try(ctx, &o)
		})
	}, func(ctx context.Context, c *shop.Conn, over <-chan struct{}) error {
		for wait(over, r.shareOfDuration(dice, 0.05, 0.15)) {
			if err := r.change(ctx, c, judge.Pause, 0); err != nil {
				return err
			}
			wait(over, r.shareOfDuration(dice, 0.03, 0.08))
			if err := r.change(ctx, c, judge.Resume, 0); err != nil {
				return err
			}
		}
		return nil
	})
}

// shareOfDuration is a random part of the run's length.
func (r *run) shareOfDuration(dice *rand.Rand, least, most float64) time.Duration {
	return time.Duration((least + (most-least)*dice.Float64()) * float64(r.Duration))
}

// leavers hang up.
func leavers(ctx context.Context, r *run) error {
	if err := r.schedule(ctx, ago, 0); err != nil {
		return err
	}
	err := r.room.enter(ctx, r.Watchers, func(i int) func() time.Duration {
		if i%2 == 0 {
			return nil // half of them stay
		}
		dice := r.dice(-2 - i)
		return func() time.Duration { return r.shareOfDuration(dice, 0.02, 0.2) }
	})
	if err != nil {
		return err
	}
	return r.each(ctx, func(ctx context.Context, w *worker, o wish) {
		dice := r.dice(int(o.shopper))
		o.token = w.Wallet.Token(o.shopper)
		for range dice.IntN(4) { // leaves so many times, and comes back with the same key
			o.cut = cutAnywhere(dice)
			if got := w.try(ctx, &o); got.Result.Final() {
				return // the cut lay behind the end
			}
			o.due = w.now()
		}
		o.cut = shop.Cut{}
		w.buy(ctx, o)
	})
}

// cutAnywhere is a random byte of the request, or of the answer.
func cutAnywhere(dice *rand.Rand) shop.Cut {
	if dice.IntN(2) == 0 {
		return shop.Cut{Request: 1 + dice.IntN(shop.PurchaseSize)}
	}
	return shop.Cut{Answer: 1 + dice.IntN(shop.AnswerSize)}
}
