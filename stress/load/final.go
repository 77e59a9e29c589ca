package load

import (
	"context"
	"time"

	"stampede/stress/judge"
	"stampede/stress/shop"
)

// readLimit is how long it may take to read how everything ended.
const readLimit = 2 * time.Minute

// finish waits until all is quiet, and reads what is left. Where that fails, what was played is in the record.
func (r *run) finish(ctx context.Context, record *Record) error {
	r.room.staying.Store(true)
	r.operator.Close() // it has been idle for as long as the load took: the server may have hung up
	settling, stop := context.WithTimeout(ctx, r.SettleLimit)
	r.settle(settling)
	stop()
	h := &record.History
	err := r.readFinal(ctx, h)
	h.Events, h.Watchers = r.room.leave()
	r.write(h)
	h.Rules = judge.Rules{
		Stock: r.Stock, StartsAt: r.at(r.clock.local(r.sale.StartsAt)), ClockError: r.clock.off,
		Lag: r.Lag, WatchLimit: r.WatchLimit,
	}
	if !r.sale.EndsAt.IsZero() {
		h.EndsAt = r.at(r.clock.local(r.sale.EndsAt))
	}
	h.Shoppers, h.Targets = int(r.shoppers.Load()), len(r.Targets)
	record.Planned, record.Late, record.Dropped = r.planned.Load(), r.late.Load(), r.dropped.Load()
	record.Starts, record.Trouble = r.starts, r.trouble
	return err
}

// strangers is how many purchases of others a list may hold however few attempts there were.
const strangers = 1000

// readPatience is how long what fails at the end is tried again, each time: one that is lost makes all lost.
func (r *run) readPatience() time.Duration { return min(r.Patience, 10*time.Second) }

// readFinal reads the list and what every target says, once the watchers have heard of it or had the time to.
func (r *run) readFinal(ctx context.Context, h *judge.History) error {
	ctx, cancel := context.WithTimeout(ctx, r.WatchLimit+readLimit)
	defer cancel()
	var states []judge.State
	read := func() error {
		states, h.Final.Sent = states[:0], r.now()
		for _, t := range r.Targets {
			c := shop.NewConn(t, r.Timeout)
			sale, _, err := c.Status(ctx, r.Wallet.Operator, r.sale.ID)
			c.Close()
			if err != nil {
				return err
			}
			states = append(states, sale.State)
		}
		h.Final.Received = r.now()
		return nil
	}
	if len(r.Targets) == 1 { // several are heard until they agree; of those behind one address, anyone may answer
		sleep(ctx, r.Lag)
	}
	deadline := time.Now().Add(r.WatchLimit)
	for {
		if err := insist(ctx, r.readPatience(), read); err != nil {
			return err
		}
		if r.room.knows(states) && agree(states) || time.Now().After(deadline) {
			break
		}
		if !sleep(ctx, 20*time.Millisecond) {
			return ctx.Err()
		}
	}
	h.Final.States = states
	// Each attempt buys one at the most. Somebody else may buy too, but not as much again.
	most := 2*int(r.attempts()) + strangers
	var list []shop.Purchase
	err := insist(ctx, r.readPatience(), func() (err error) {
		list, h.Final.Total, err = r.operator.List(ctx, r.Wallet.Operator, r.sale.ID, most)
		return err
	})
	if err != nil {
		return err
	}
	names := r.Wallet.Names(int(r.shoppers.Load()))
	for _, p := range list {
		who, known := names[p.ShopperID]
		if !known {
			who = -1
		}
		h.Final.Purchase = append(h.Final.Purchase, judge.Listed{
			Ordinal: p.Ordinal, Shopper: who, At: r.at(r.clock.local(p.PurchasedAt)),
		})
	}
	if r.Count != nil {
		h.Final.Counted, err = r.Count(ctx, r.sale.ID)
	}
	return err
}

func agree(states []judge.State) bool {
	for _, s := range states {
		if s != states[0] {
			return false
		}
	}
	return true
}
