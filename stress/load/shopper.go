package load

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"stampede/stress/judge"
	"stampede/stress/shop"
)

// wish is what a shopper wants to buy, and how they go about it.
type wish struct {
	shopper int32
	key     int32
	token   string
	target  int
	due     judge.Moment
	cut     shop.Cut // of the first try
}

const (
	// retryAfter is how long a shopper waits whom the server does not tell how long.
	retryAfter = 100 * time.Millisecond
	// reopenAfter is how long one waits who came too early.
	reopenAfter = 20 * time.Millisecond
)

// try asks once, unless ctx has ended.
func (w *worker) try(ctx context.Context, o *wish) shop.Answer {
	if ctx.Err() != nil {
		return shop.Answer{Err: ctx.Err()}
	}
	order := shop.Order{Token: o.token, Sale: w.sale.ID, Cut: o.cut}
	if o.key != 0 {
		order.Key = "k" + strconv.Itoa(int(o.key))
	}
	got := w.conn(o.target).Purchase(ctx, order)
	err := got.Err
	if o.cut != (shop.Cut{}) {
		err = nil // it was meant to break
	}
	w.attempt(w.book, judge.Attempt{
		Shopper: o.shopper, Key: o.key, Target: int16(o.target), Result: got.Result, //nolint:gosec // few targets
		Replayed: got.Replayed, Ordinal: got.Ordinal,
		Due: o.due, Sent: w.at(got.Sent), Received: w.at(got.Received),
	}, err)
	return got
}

// buy asks until there is an answer or patience runs out, and notes which it was.
func (w *worker) buy(ctx context.Context, o wish) {
	g := judge.GivenUp{Shopper: o.shopper, From: w.now()}
	switch g.Times, g.Last = w.persist(ctx, o); {
	case g.Last.Final():
		w.book.wishes++
	case ctx.Err() == nil:
		g.At = w.now()
		w.book.wishes++
		w.book.givenUp = append(w.book.givenUp, g)
	}
}

// persist asks until there is an answer, patience runs out or ctx ends, with the same key, as a shopper's page does. It
// returns how often it asked and what it heard last. While the server is away, patience stands still: how long that
// takes is up to whoever brings it back.
func (w *worker) persist(ctx context.Context, o wish) (times int, last judge.Result) {
	if o.token == "" {
		o.token = w.Wallet.Token(o.shopper)
	}
	begun := w.now()
	for {
		got := w.try(ctx, &o)
		times, last = times+1, got.Result
		o.cut = shop.Cut{}
		wait := retryAfter
		switch {
		case got.Result == judge.NotActive && got.Upcoming:
			wait = reopenAfter
		case got.Result.Final():
			return times, last
		case got.Retry > 0:
			wait = got.Retry
		}
		again := w.now() + wait
		if again-begun-w.away(o.target, begun, again) > w.Patience || !sleep(ctx, wait) {
			return times, last
		}
	}
}

// settle asks again for everybody who was left without an answer, with the key that they had, until all have one.
func (r *run) settle(ctx context.Context) {
	open := r.unsettled()
	if len(open) == 0 {
		return
	}
	var next atomic.Int64
	var running sync.WaitGroup
	for i := range min(r.Connections, len(open), connectAtOnce) {
		w := r.newWorker(i)
		running.Go(func() {
			defer w.close()
			for {
				n := next.Add(1) - 1
				if n >= int64(len(open)) {
					return
				}
				o := open[n]
				o.due = r.now()
				one, stop := context.WithTimeout(ctx, r.Patience) // also where a server did not come back
				w.persist(one, o)                                 // what comes of it is doubtIsSettled's
				stop()
			}
		})
	}
	running.Wait()
}

// unsettled are those whose last word, by any key, was a doubt.
func (r *run) unsettled() []wish {
	r.mu.Lock()
	defer r.mu.Unlock()
	doubt, word := map[int32]judge.Attempt{}, map[int32]judge.Moment{}
	for _, b := range r.books {
		for i := range b.attempts {
			if a := b.attempts[i]; a.Result.InDoubt() && a.Received > doubt[a.Shopper].Received {
				doubt[a.Shopper] = a
			}
		}
	}
	for _, b := range r.books {
		for i := range b.attempts {
			a := b.attempts[i]
			if _, doubted := doubt[a.Shopper]; doubted && a.Result.Final() {
				word[a.Shopper] = max(word[a.Shopper], a.Sent)
			}
		}
	}
	var open []wish
	for shopper, a := range doubt {
		if word[shopper] < a.Received {
			open = append(open, wish{shopper: shopper, key: a.Key, target: int(a.Target)})
		}
	}
	return open
}
