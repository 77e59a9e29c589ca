package load

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"stampede/stress/judge"
	"stampede/stress/shop"
)

// mingling is how many shoppers mixed brings, at the most.
func mingling(c Config) int { return c.Clients * c.Operations }

// mixed is a closed loop: each client does one thing after the other, as the seed decides.
func mixed(ctx context.Context, r *run) error {
	if err := r.schedule(ctx, ago, 0); err != nil {
		return err
	}
	err := r.room.enter(ctx, r.Watchers, func(i int) func() time.Duration {
		if i%4 != 0 {
			return nil
		}
		dice := r.dice(-2 - i)
		return func() time.Duration { return time.Duration(50+dice.IntN(400)) * time.Millisecond }
	})
	if err != nil {
		return err
	}
	all, err := r.workers(ctx, r.Clients)
	defer dismiss(all)
	if err != nil {
		return err
	}
	r.begin(r.now())
	r.planned.Add(int64(r.Clients * r.Operations))
	return r.beside(ctx, func(ctx context.Context) error {
		g := newGroup(ctx)
		for _, w := range all {
			g.run(func(ctx context.Context) error { return (&client{worker: w, dice: r.dice(w.number)}).work(ctx) })
		}
		return g.wait()
	}, r.meddle)
}

// meddle restocks and pauses, as the dice fall.
func (r *run) meddle(ctx context.Context, c *shop.Conn, over <-chan struct{}) error {
	dice := r.dice(-1)
	for n := 0; wait(over, time.Duration(10+dice.IntN(60))*time.Millisecond); n++ {
		if n%3 == 2 {
			if err := r.change(ctx, c, judge.Pause, 0); err != nil {
				return err
			}
			wait(over, time.Duration(dice.IntN(15))*time.Millisecond)
			if err := r.change(ctx, c, judge.Resume, 0); err != nil {
				return err
			}
			continue
		}
		if err := r.change(ctx, c, judge.Restock, 1+dice.IntN(1+r.Stock/10)); err != nil {
			return err
		}
	}
	return nil
}

// client is one of mixed's.
type client struct {
	*worker
	dice *rand.Rand
	mine []int32 // shoppers that it has been
}

func (c *client) work(ctx context.Context) error {
	for n := 0; n < c.Operations && ctx.Err() == nil; n++ {
		target := c.dice.IntN(len(c.Targets))
		switch roll := c.dice.IntN(100); {
		case roll < 20:
			if err := c.look(ctx, target); err != nil {
				return err
			}
		case roll < 40 && len(c.mine) > 0: // comes again, with the same key or another
			c.once(ctx, c.mine[c.dice.IntN(len(c.mine))], int32(1+c.dice.IntN(2)), target, shop.Cut{}) //nolint:gosec // 1, 2
		case roll < 46: // asks twice at once
			who := c.another()
			twin := c.newWorker(c.number)
			var running sync.WaitGroup
			running.Go(func() { (&client{worker: twin}).once(ctx, who, 1, target, shop.Cut{}) })
			c.once(ctx, who, 1, c.home(), shop.Cut{})
			running.Wait()
			twin.close()
		case roll < 50: // leaves
			c.once(ctx, c.another(), 1, target, cutAnywhere(c.dice))
		default:
			c.once(ctx, c.another(), 1, target, shop.Cut{})
		}
	}
	return nil
}

func (c *client) another() int32 {
	who := c.newcomer()
	c.mine = append(c.mine, who)
	return who
}

// once asks a single time: what is left in doubt is settled later.
func (c *client) once(ctx context.Context, who, key int32, target int, cut shop.Cut) {
	o := wish{shopper: who, key: key, token: c.Wallet.Token(who), target: target, due: c.now(), cut: cut}
	c.try(ctx, &o)
}

// look reads how the sale stands.
func (c *client) look(ctx context.Context, target int) error {
	sale, e, err := c.conn(target).Status(ctx, "", c.sale.ID)
	if err != nil {
		return err
	}
	c.book.reads = append(c.book.reads, judge.Read{
		Target: int16(target), Sent: c.at(e.Sent), Received: c.at(e.Received), State: sale.State, //nolint:gosec // few
	})
	return nil
}
