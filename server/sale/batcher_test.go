package sale_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/model"
	"stampede/server/pg"
	"stampede/server/sale"
)

// gate is a store whose commits wait for the test: it shows what the batcher hands over, and answers when told.
type gate struct {
	arrived chan []string // the shoppers of a batch, or "change"
	release chan error
}

func (g *gate) Turn(context.Context, model.SaleID) func() { return func() {} }

func newGate() *gate { return &gate{arrived: make(chan []string), release: make(chan error)} }

func (g *gate) Commit(_ context.Context, id model.SaleID, orders []model.Order) (model.Decision, error) {
	var shoppers []string
	for _, o := range orders {
		shoppers = append(shoppers, o.ShopperID)
	}
	g.arrived <- shoppers
	if err := <-g.release; err != nil {
		return model.Decision{}, err
	}
	return model.Decide(model.Sale{ID: id, Stock: 1000}, nil, orders, model.State{}.At), nil
}

func (g *gate) Amend(_ context.Context, id model.SaleID, wish model.Amendment) (model.State, error) {
	g.arrived <- []string{"change"}
	if err := <-g.release; err != nil {
		return model.State{}, err
	}
	s, err := wish.Apply(model.State{Sale: model.Sale{ID: id}}, model.SaleChange{})
	return model.State{Sale: s}, err
}

// crowd is callers of a batcher whose answers are collected.
type crowd struct {
	*sale.Batcher
	running sync.WaitGroup
	mu      sync.Mutex // guards what follows
	answers map[string]error
}

func newCrowd(g *gate, limits sale.Limits, committed func(model.Decision)) *crowd {
	if committed == nil {
		committed = func(model.Decision) {}
	}
	return &crowd{
		Batcher: sale.NewBatcher(g, committed, limits, slog.New(slog.DiscardHandler)),
		answers: map[string]error{},
	}
}

// asks queues an order and returns once it stands in the queue.
func (c *crowd) asks(t *testing.T, shopper string) {
	t.Helper()
	c.asksWith(t, context.Background(), shopper)
}

func (c *crowd) asksWith(t *testing.T, ctx context.Context, shopper string) { //nolint:revive // t first, as everywhere
	t.Helper()
	before := c.Accepted()
	c.running.Go(func() {
		_, err := c.Do(ctx, 1, model.Order{ShopperID: shopper})
		c.mu.Lock()
		defer c.mu.Unlock()
		c.answers[shopper] = err
	})
	require.Eventually(t, func() bool { return c.Accepted() > before }, waitLimit, tick)
}

func TestBatchesGatherWhileACommitIsInFlight(t *testing.T) {
	t.Parallel()
	g := newGate()
	c := newCrowd(g, sale.Limits{Batch: 3}, nil)
	c.asks(t, "a")
	assert.Equal(t, []string{"a"}, <-g.arrived, "an idle sale does not wait for company")
	for _, s := range []string{"b", "c", "d", "e"} {
		c.asks(t, s)
	}
	g.release <- nil
	assert.Equal(t, []string{"b", "c", "d"}, <-g.arrived, "in the order they came, up to the bound")
	g.release <- nil
	assert.Equal(t, []string{"e"}, <-g.arrived)
	g.release <- nil
	c.running.Wait()
	require.NoError(t, c.Close(t.Context()))
	for shopper, err := range c.answers {
		assert.NoError(t, err, shopper)
	}
	assert.Len(t, c.answers, 5)
}

func TestAChangeOvertakesOrdersAndStandsBetweenCommits(t *testing.T) {
	t.Parallel()
	g := newGate()
	c := newCrowd(g, sale.Limits{}, nil)
	c.asks(t, "a")
	<-g.arrived
	c.asks(t, "b")
	before := c.Accepted()
	c.running.Go(func() {
		_, err := c.Change(context.Background(), 1, model.Amendment{Change: model.Sale.Pause})
		assert.NoError(t, err)
	})
	require.Eventually(t, func() bool { return c.Accepted() > before }, waitLimit, tick)
	g.release <- nil
	assert.Equal(t, []string{"change"}, <-g.arrived)
	g.release <- nil
	assert.Equal(t, []string{"b"}, <-g.arrived)
	g.release <- nil
	c.running.Wait()
	require.NoError(t, c.Close(t.Context()))
}

func TestAFullQueueIsBusy(t *testing.T) {
	t.Parallel()
	g := newGate()
	c := newCrowd(g, sale.Limits{Waiting: 2}, nil)
	c.asks(t, "in flight")
	<-g.arrived
	c.asks(t, "first")
	c.asks(t, "second")
	_, err := c.Do(t.Context(), 1, model.Order{ShopperID: "third"})
	assert.Equal(t, model.CodeBusy, model.CodeOf(err))
	g.release <- nil
	<-g.arrived
	g.release <- nil
	c.running.Wait()
	require.NoError(t, c.Close(t.Context()))
}

func TestSalesDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	g := newGate()
	c := newCrowd(g, sale.Limits{}, nil)
	c.asks(t, "a") // of sale 1, whose commit stands still
	<-g.arrived
	c.running.Go(func() {
		_, err := c.Do(context.Background(), 2, model.Order{ShopperID: "b"})
		assert.NoError(t, err)
	})
	assert.Equal(t, []string{"b"}, <-g.arrived)
	g.release <- nil
	g.release <- nil
	c.running.Wait()
	require.NoError(t, c.Close(t.Context()))
}

func TestACallerWhoLeavesChangesNothing(t *testing.T) {
	t.Parallel()
	g := newGate()
	var committed []int
	c := newCrowd(g, sale.Limits{}, func(d model.Decision) { committed = append(committed, d.Sale.Sold) })
	ctx, leave := context.WithCancel(t.Context())
	c.asksWith(t, ctx, "impatient")
	<-g.arrived
	c.asks(t, "neighbour")
	leave()
	g.release <- nil
	assert.Equal(t, []string{"neighbour"}, <-g.arrived)
	g.release <- nil
	c.running.Wait()
	require.NoError(t, c.Close(t.Context()))
	assert.Equal(t, []int{1, 1}, committed, "both were committed")
	assert.NoError(t, c.answers["neighbour"])
	if err := c.answers["impatient"]; err != nil { // it may have been answered before it could leave
		assert.Equal(t, model.CodeOutcomeUnknown, model.CodeOf(err), "it may have bought")
	}
}

// TestAnOperatorWhoLeavesIsNotToldOfAKey: the change stands in the queue, and is made all the same.
func TestAnOperatorWhoLeavesIsNotToldOfAKey(t *testing.T) {
	t.Parallel()
	g := newGate()
	c := newCrowd(g, sale.Limits{}, nil)
	ctx, leave := context.WithCancel(t.Context())
	c.running.Go(func() {
		_, err := c.Change(ctx, 1, model.Amendment{Change: model.Sale.Pause})
		assert.Equal(t, model.CodeOutcomeUnknown, model.CodeOf(err))
		assert.ErrorContains(t, err, "look at the sale's changes")
	})
	<-g.arrived
	leave()
	c.running.Wait()
	g.release <- nil
	require.NoError(t, c.Close(t.Context()))
}

func TestWhatTheStoreSaysReachesEveryone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want model.Code
	}{
		"nothing was written":    {errors.New("no connection"), model.CodeBusy},
		"too much contention":    {fmt.Errorf("commit: %w", pg.ErrContention), model.CodeBusy},
		"COMMIT had no answer":   {fmt.Errorf("commit: %w", &pg.AmbiguousError{Cause: errors.New("EOF")}), model.CodeOutcomeUnknown},
		"there is no such sale":  {&model.Error{Code: model.CodeSaleNotFound}, model.CodeSaleNotFound},
		"wrong input of a owner": {model.Problems{{Code: model.CodeInvalid}}, model.CodeInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGate()
			crowd := newCrowd(g, sale.Limits{}, func(model.Decision) { t.Error("nothing was committed") })
			crowd.asks(t, "first")
			<-g.arrived
			crowd.asks(t, "second")
			crowd.asks(t, "third")
			g.release <- c.err
			assert.Len(t, <-g.arrived, 2, "the next batch is tried all the same")
			g.release <- c.err
			crowd.running.Wait()
			require.NoError(t, crowd.Close(t.Context()))
			for shopper, err := range crowd.answers {
				if problems, ok := errors.AsType[model.Problems](err); ok {
					err = problems[0]
				}
				assert.Equal(t, c.want, model.CodeOf(err), shopper)
			}
			assert.Len(t, crowd.answers, 3)
		})
	}
}

func TestCloseAnswersEveryoneWhoWasAccepted(t *testing.T) {
	t.Parallel()
	g := newGate()
	c := newCrowd(g, sale.Limits{Batch: 1}, nil)
	for _, s := range []string{"a", "b", "c"} {
		c.asks(t, s)
		if s == "a" {
			<-g.arrived
		}
	}
	hurried, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, c.Close(hurried), context.Canceled, "it says so when the time is over")

	_, err := c.Do(t.Context(), 1, model.Order{ShopperID: "late"})
	assert.Equal(t, model.CodeBusy, model.CodeOf(err))
	g.release <- nil
	for range 2 {
		<-g.arrived
		g.release <- nil
	}
	require.NoError(t, c.Close(t.Context()))
	c.running.Wait()
	for _, s := range []string{"a", "b", "c"} {
		assert.Contains(t, c.answers, s)
		assert.NoError(t, c.answers[s])
	}
}

func TestAnOrderThatWaitedTooLongIsBusy(t *testing.T) {
	t.Parallel()
	g := newGate()
	c := newCrowd(g, sale.Limits{Patience: time.Nanosecond}, nil)
	c.asks(t, "a")
	c.running.Wait()
	require.NoError(t, c.Close(t.Context()))
	assert.Equal(t, model.CodeBusy, model.CodeOf(c.answers["a"]), "and it never reached the store")
}
