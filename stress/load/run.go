// Package load plays the scenarios: crowds that buy, watch, come again and leave, on a schedule that does not wait for
// the server. It records everything that happened, and judges nothing.
package load

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"stampede/stress/judge"
	"stampede/stress/shop"
)

// Config says what is to be played, and against whom. Defaults fills in what is zero.
type Config struct {
	Scenario    *Scenario      `json:"-"`
	Targets     []*shop.Target `json:"-"`
	Wallet      *shop.Wallet   `json:"-"`
	Seed        uint64         `json:"seed"`
	Shoppers    int            `json:"shoppers"`
	Stock       int            `json:"stock"`
	Rate        float64        `json:"rate"` // arrivals a second
	Duration    time.Duration  `json:"duration_ns"`
	Connections int            `json:"connections"`
	Watchers    int            `json:"watchers"`
	Clients     int            `json:"clients"`    // of mixed
	Operations  int            `json:"operations"` // of each of them, or of one-shopper
	Timeout     time.Duration  `json:"timeout_ns"` // for an answer
	Patience    time.Duration  `json:"patience_ns"`
	// MaxLate: a start that would be later is dropped.
	MaxLate    time.Duration `json:"max_late_ns"`
	Lag        time.Duration `json:"lag_ns"`
	WatchLimit time.Duration `json:"watch_limit_ns"`
	// SettleLimit is how long those who were left in doubt are asked again, in all.
	SettleLimit time.Duration                                  `json:"-"`
	Count       func(context.Context, string) (*[2]int, error) `json:"-"`
	// TakeAway takes a target's server away as the scenario wants, for the n-th time, and brings it back; it says whether
	// it has surely touched no other, nor the database. nil: nobody can.
	TakeAway func(ctx context.Context, target, n int) (alone bool, err error) `json:"-"`
	Progress func(Progress)                                                   `json:"-"`
}

// Step is one rate of a ramp, and what came of it.
type Step struct {
	Rate     float64       `json:"rate"`
	Achieved float64       `json:"achieved"`
	P50      time.Duration `json:"p50_ns"`
	P99      time.Duration `json:"p99_ns"`
	Held     bool          `json:"held"`
}

// Record is what a run left.
type Record struct {
	History     judge.History
	Sale        string
	Interrupted bool   // before the load was over
	Failure     string // why it was not played to its end, "" when it was
	Unread      bool   // how everything ended could not be read: there is nothing to judge by
	// LoadFrom and LoadTo bound the time in which arrivals were planned and answered.
	LoadFrom, LoadTo judge.Moment
	Planned          int64
	Late, Dropped    int64
	Starts           *hdrhistogram.Histogram // how late starts were, in microseconds
	Own, Machine     float64                 // shares of the processors that were busy: with this program, in all
	Steps            []Step
	Trouble          map[string]int
}

// run is a scenario under way.
type run struct {
	Config
	*recorder
	sale     shop.Sale
	clock    clock
	operator *shop.Conn
	shoppers atomic.Int32
	room     *room
	steps    []Step
	from, to judge.Moment // of the load
	before   atomic.Pointer[processor]
}

// begin says when the load begins.
func (r *run) begin(from judge.Moment) {
	r.from = from
	time.AfterFunc(from-r.now(), func() {
		p := readProcessor()
		r.before.Store(&p)
	})
}

// used are the shares of the machine since the load began.
func (r *run) used() (own, machine float64) {
	before := r.before.Load()
	if before == nil {
		return 0, 0
	}
	return readProcessor().since(*before)
}

// Play plays a scenario. When ctx ends, or an operator or a reader fails, it stops early and still records how
// everything ended. Errors: the server cannot be reached, or refuses what has to be done before or after the load.
func Play(ctx context.Context, c *Config) (*Record, error) {
	cfg := *c
	r := &run{
		Config: cfg, recorder: newRecorder(time.Now()),
		operator: shop.NewConn(cfg.Targets[0], cfg.Timeout),
	}
	defer r.operator.Close()
	if cfg.Wallet.Operator == "" {
		return nil, errors.New("an operator's token is needed, to schedule the sale and to read its list: " +
			"-auth-secret mints one, -operator-token names one")
	}
	if cfg.Shoppers > 0 { // better now than when all have asked for as long as they have patience
		if err := r.operator.Ping(ctx, cfg.Wallet.Token(0)); err != nil && ctx.Err() == nil {
			return nil, err
		}
	}
	after, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	r.room = newRoom(after, r)
	defer r.room.close()
	stopProgress := r.report()
	err := cfg.Scenario.play(ctx, r)
	own, machine := r.used()
	r.to = r.now()
	stopProgress()
	record := &Record{
		Sale: r.sale.ID, Interrupted: ctx.Err() != nil, LoadFrom: r.from, LoadTo: r.to,
		Own: own, Machine: machine, Steps: r.steps,
	}
	if r.sale.ID != "" {
		defer r.end(after)
	}
	switch {
	case record.Interrupted && r.sale.ID == "":
		return nil, errors.New("interrupted before there was a sale")
	case record.Interrupted || err == nil:
	case r.attempts() == 0:
		return nil, err
	default:
		record.Failure = err.Error()
	}
	if err := r.finish(after, record); err != nil {
		if r.attempts() == 0 {
			return nil, fmt.Errorf("after the load: %w", err)
		}
		record.Unread = true
		record.Failure = strings.TrimPrefix(record.Failure+"; after the load: "+err.Error(), "; ")
	}
	return record, nil
}

// end is good manners: what was put on sale for the test is not left on sale. It no longer matters whether it works.
func (r *run) end(ctx context.Context) {
	_, _ = r.operator.Change(ctx, r.Wallet.Operator, r.sale.ID, judge.End, 0)
}

// schedule makes the sale; it opens in so long, and after that is open for so long, or without end when that is 0.
func (r *run) schedule(ctx context.Context, opensIn, open time.Duration) error {
	err := r.readTime(ctx)
	if err != nil {
		return err
	}
	p := shop.Plan{
		SKU: fmt.Sprintf("STRESS-%d", r.Seed), Name: "Stress: " + r.Scenario.Name, Stock: r.Stock,
		StartsAt: time.Now().Add(r.clock.ahead + opensIn), // by the server's clock, which may be quite another
	}
	if open > 0 {
		p.EndsAt = p.StartsAt.Add(open)
	}
	if r.sale, err = r.operator.Schedule(ctx, r.Wallet.Operator, p); err != nil {
		return err
	}
	return r.everywhere(ctx)
}

// everywhere waits until every target knows the sale.
func (r *run) everywhere(ctx context.Context) error {
	for _, t := range r.Targets {
		c := shop.NewConn(t, r.Timeout)
		err := insist(ctx, r.Patience, func() error {
			_, _, err := c.Status(ctx, r.Wallet.Operator, r.sale.ID)
			return err
		})
		c.Close()
		if err != nil {
			return fmt.Errorf("%s does not get to know the sale: %w", t.URL, err)
		}
	}
	return nil
}

// change does an operator's work.
func (r *run) change(ctx context.Context, c *shop.Conn, kind judge.Kind, add int) error {
	e, err := c.Change(ctx, r.Wallet.Operator, r.sale.ID, kind, add)
	made := judge.Change{Kind: kind, Add: add, Sent: r.at(e.Sent), Received: r.at(e.Received)}
	if err != nil { // the answer may have been lost, and not the change
		made.Received, made.InDoubt = judge.Never, true
	}
	r.recorder.change(made)
	return err
}

// newcomer is the next shopper.
func (r *run) newcomer() int32 { return r.shoppers.Add(1) - 1 }

// dice are the random decisions of part n of the run: the same with the same seed.
func (r *run) dice(n int) *rand.Rand {
	return rand.New(rand.NewPCG(r.Seed, uint64(n))) //nolint:gosec // n counts workers
}

// sleep waits for d; false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// insist does what may fail for a while until it is done, for so long, and returns its last error.
func insist(ctx context.Context, limit time.Duration, do func() error) error {
	for deadline := time.Now().Add(limit); ; {
		err := do()
		if err == nil || time.Now().After(deadline) || !sleep(ctx, 20*time.Millisecond) {
			return err
		}
	}
}

// group runs functions beside each other, and ends them all when one fails.
type group struct {
	ctx     context.Context
	fail    context.CancelCauseFunc
	running sync.WaitGroup
}

func newGroup(ctx context.Context) *group {
	g := &group{}
	g.ctx, g.fail = context.WithCancelCause(ctx)
	return g
}

func (g *group) run(do func(ctx context.Context) error) {
	g.running.Go(func() {
		if err := do(g.ctx); err != nil {
			g.fail(err)
		}
	})
}

// wait is for all, and returns the first error.
func (g *group) wait() error {
	g.running.Wait()
	err := context.Cause(g.ctx)
	g.fail(nil)
	return err
}
