package sale //nolint:testpackage // it drives the batcher's lanes by itself

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"stampede/model"
	"stampede/server/pg"
)

// The batcher under a store that fails in every way, driven by one goroutine: a seed decides who comes, who leaves,
// what the store does and when, so a seed that has failed does so again in the same way:
//
//	go test ./server/sale -run TestSimulation -seed 4711
var (
	oneSeed = flag.Uint64("seed", 0, "replay this seed of TestSimulation; 0: all")
	seeds   = flag.Uint64("seeds", 100_000, "how many seeds TestSimulation tries")
)

func TestSimulation(t *testing.T) {
	t.Parallel()
	if *oneSeed != 0 {
		if err := simulate(*oneSeed); err != nil {
			t.Fatalf("seed %d: %v", *oneSeed, err)
		}
		return
	}
	for seed := uint64(1); seed <= *seeds; seed++ {
		if err := simulate(seed); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

const (
	simSales  = 2
	simLimit  = 6 // orders that may wait for a sale
	simBatch  = 4
	simPoison = "poison"
)

// world is a batcher, a table, and everybody who asks.
type world struct {
	rng    *rand.Rand
	b      *Batcher
	table  map[model.SaleID]*simTable
	lanes  []func() // started, and not yet served
	asked  []*asked
	amends []*amendment
	budget int // events that may still happen
	now    model.State
	err    error // the first broken promise
	closed bool
	owed   map[model.Code]int // errors that the store has given to orders, by what their callers must hear
}

type simTable struct {
	sale      model.Sale
	purchases []model.Purchase
	turn      bool // somebody has the turn
	busy      bool // a commit is in flight
	told      int64
}

// asked is an order that was queued.
type asked struct {
	*ticket
	id model.SaleID
}

func simulate(seed uint64) error {
	w := &world{
		rng: rand.New(rand.NewPCG(seed, 0)), budget: 40,
		table: map[model.SaleID]*simTable{}, owed: map[model.Code]int{},
	}
	for id := model.SaleID(1); id <= simSales; id++ {
		w.table[id] = &simTable{sale: model.Sale{ID: id, Stock: 1 + w.rng.IntN(8), Version: 1}}
	}
	w.b = NewBatcher(w, w.committed, Limits{Waiting: simLimit, Batch: simBatch, Changes: 2}, slog.New(slog.DiscardHandler))
	w.b.spawn = func(serve func()) { w.lanes = append(w.lanes, serve) }
	for w.budget > 0 || len(w.lanes) > 0 {
		w.event()
		w.serveSome(w.budget == 0)
	}
	w.judge()
	if w.err == nil {
		return nil
	}
	return fmt.Errorf("%w (%d orders)", w.err, len(w.asked))
}

func (w *world) broken(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf(format, args...)
	}
}

// event is one thing that happens outside of the batcher.
func (w *world) event() {
	if w.budget == 0 {
		return
	}
	w.budget--
	id := model.SaleID(1 + w.rng.IntN(simSales))
	switch n := w.rng.IntN(100); {
	case n < 80:
		w.order(id)
	case n < 90:
		w.amend(id)
	case n < 91:
		w.b.refuseNewcomers()
		w.closed = true
	}
}

func (w *world) order(id model.SaleID) {
	order := model.Order{ShopperID: fmt.Sprint("s", w.rng.IntN(12)), IdempotencyKey: []string{"", "a", "b"}[w.rng.IntN(3)]}
	if w.rng.IntN(25) == 0 {
		order.ShopperID = simPoison
	}
	waiting := 0
	if l := w.b.lanes[id]; l != nil {
		waiting = len(l.orders)
	}
	ticket, err := w.b.queueOrder(id, order)
	refused := waiting >= simLimit || w.closed
	switch {
	case err == nil && refused:
		w.broken("accepted beyond the bound, or after the close")
	case err != nil && !refused:
		w.broken("refused though there was room: %w", err)
	case err != nil && model.CodeOf(err) != model.CodeBusy:
		w.broken("a refusal that is not BUSY: %w", err)
	case err == nil:
		w.asked = append(w.asked, &asked{ticket, id})
	}
}

func (w *world) amend(id model.SaleID) {
	change := func(s model.Sale, now time.Time) (model.Sale, error) { return s.Restock(1, now) }
	if w.rng.IntN(3) == 0 {
		change = func(s model.Sale, _ time.Time) (model.Sale, error) {
			return s, model.Problems{{Code: model.CodeInvalid}}
		}
	}
	if a, err := w.b.queueChange(id, model.Amendment{Change: change}); err == nil {
		w.amends = append(w.amends, a)
	}
}

// serveSome lets a lane that was started run, when the seed or must says so.
func (w *world) serveSome(must bool) {
	if len(w.lanes) == 0 || !must && w.rng.IntN(3) == 0 {
		return
	}
	i := w.rng.IntN(len(w.lanes))
	serve := w.lanes[i]
	w.lanes = slices.Delete(w.lanes, i, i+1)
	serve()
}

// meanwhile lets others act while the store is at work.
func (w *world) meanwhile() {
	for range w.rng.IntN(4) {
		w.event()
		w.serveSome(false)
	}
}

func (w *world) Turn(_ context.Context, id model.SaleID) func() {
	table := w.table[id]
	if table.turn {
		w.broken("two turns of sale %d at once", id)
	}
	table.turn = true
	w.meanwhile()
	return func() { table.turn = false }
}

// Commit is the store: it works, or fails before, at or after COMMIT.
func (w *world) Commit(_ context.Context, id model.SaleID, orders []model.Order) (model.Decision, error) {
	table := w.table[id]
	switch {
	case table.busy:
		w.broken("two commits of sale %d at once", id)
	case !table.turn:
		w.broken("a commit of sale %d without its turn", id)
	case len(orders) == 0 || len(orders) > simBatch:
		w.broken("a batch of %d", len(orders))
	}
	table.busy = true
	defer func() { table.busy = false }()
	w.meanwhile()
	poisoned := slices.ContainsFunc(orders, func(o model.Order) bool { return o.ShopperID == simPoison })
	switch n := w.rng.IntN(100); {
	case poisoned:
		return model.Decision{}, fmt.Errorf("insert: %w", &pgconn.PgError{Code: "22021"})
	case n < 5:
		w.owed[model.CodeBusy] += len(orders)
		return model.Decision{}, errors.New("no connection")
	case n < 8:
		w.owed[model.CodeBusy] += len(orders)
		return model.Decision{}, fmt.Errorf("begin: %w", pg.ErrContention)
	case n < 11: // COMMIT was sent and lost
		w.owed[model.CodeOutcomeUnknown] += len(orders)
		return model.Decision{}, &pg.AmbiguousError{Cause: errors.New("EOF")}
	case n < 14: // COMMIT happened, and its answer was lost
		w.owed[model.CodeOutcomeUnknown] += len(orders)
		w.apply(table, orders)
		return model.Decision{}, &pg.AmbiguousError{Cause: errors.New("EOF")}
	}
	d := w.apply(table, orders)
	w.meanwhile()
	return d, nil
}

func (w *world) apply(table *simTable, orders []model.Order) model.Decision {
	d := model.Decide(table.sale, table.purchases, orders, w.now.At)
	table.sale = d.Sale
	table.purchases = append(table.purchases, d.Sold...)
	return d
}

func (w *world) Amend(_ context.Context, id model.SaleID, wish model.Amendment) (model.State, error) {
	table := w.table[id]
	if table.busy || !table.turn {
		w.broken("a change of sale %d beside a commit, or without its turn", id)
	}
	w.meanwhile()
	sale, err := wish.Apply(model.State{Sale: table.sale}, model.SaleChange{})
	if err != nil {
		return model.State{}, err
	}
	table.sale = sale
	return model.State{Sale: sale}, nil
}

// committed is told of what became durable, in the order in which it did, and before anybody is answered.
func (w *world) committed(d model.Decision) {
	table := w.table[d.Sale.ID]
	if d.Sale.Version <= table.told {
		w.broken("version %d announced after %d", d.Sale.Version, table.told)
	}
	table.told = d.Sale.Version
	for _, a := range w.asked {
		if a.id == d.Sale.ID && len(a.answer) == 1 {
			got := <-a.answer
			a.answer <- got
			if got.err == nil && got.outcome.Verdict == model.VerdictSold && got.outcome.Purchase.Ordinal > table.sale.Sold {
				w.broken("answered before it was durable")
			}
		}
	}
}
