package transport //nolint:testpackage // its harness is the groups'

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/graph"
	"stampede/model"
)

// monitor is an activity that says one thing, and then nothing until it ends.
type monitor struct{}

func (monitor) Watch(ctx context.Context, id model.SaleID) <-chan model.Activity {
	all := make(chan model.Activity, 1)
	all <- model.Activity{SaleID: id}
	context.AfterFunc(ctx, func() { close(all) })
	return all
}

const watchActivity = `subscription { saleActivity(saleId: "sale_1") { saleId } }`

// desk is a shop whose visitors are operators, with tokens that are good for so long.
func desk(t *testing.T, good time.Duration) *shop {
	t.Helper()
	return open(t, newPipes(), func(o *Options, r *graph.Resolver) {
		r.Activity = monitor{}
		o.Authenticate = func(ctx context.Context, name string) (context.Context, time.Time, error) {
			viewer := &graph.Viewer{ID: name, Scopes: []graph.Scope{graph.ScopeOperator}}
			return graph.WithViewer(ctx, viewer), time.Now().Add(good), nil
		}
	})
}

// TestEveryStreamEndsWithItsToken, also one that no feed answers.
func TestEveryStreamEndsWithItsToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, began := desk(t, 35*time.Second), time.Now()
		watching := s.stream(t, "olga", watchActivity, nil)
		assert.Contains(t, watching.event(t), `"saleId":"sale_1"`)
		watching.over(t)
		assert.Equal(t, 35*time.Second, time.Since(began))
	})
}

// TestADrainEndsEveryStream in time, and without a last word.
func TestADrainEndsEveryStream(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := desk(t, time.Hour)
		watching := s.stream(t, "olga", watchActivity, nil)
		assert.Contains(t, watching.event(t), `"saleId":"sale_1"`)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		require.NoError(t, s.Close(ctx))
		watching.over(t)
	})
}

// till is an engine that takes its time: a purchase is answered when the till opens.
type till struct {
	graph.Sales
	opens chan struct{}
}

func (s till) Purchase(ctx context.Context, id model.SaleID, o model.Order) (*model.Outcome, error) {
	select {
	case <-s.opens:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return &model.Outcome{
		Verdict: model.VerdictSold, Purchase: model.Purchase{SaleID: id, ShopperID: o.ShopperID, Ordinal: 1},
		Sale: &model.State{Sale: model.Sale{ID: id}},
	}, nil
}

const buy = `mutation { purchase(input: {saleId: "sale_1"}) { ... on PurchaseSuccess { purchase { ordinal } } } }`

// draining is a shop that drains while a purchase is under way on a socket, and how that ended.
func draining(t *testing.T) (opens chan struct{}, ann *client, ended chan error) {
	t.Helper()
	opens, ended = make(chan struct{}), make(chan error, 1)
	s := open(t, newPipes(), func(_ *Options, r *graph.Resolver) { r.Sales = till{opens: opens} })
	ann = s.enter(t, "ann")
	ann.subscribe(t, "watch", watch, nil)
	ann.event(t, "watch")
	ann.subscribe(t, "buy", buy, nil)
	synctest.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	t.Cleanup(cancel)
	go func() { ended <- s.Close(ctx) }()
	<-time.After(drainSpread)
	return opens, ann, ended
}

// TestADrainWaitsForPurchases: whoever was accepted gets an answer, and then the end.
func TestADrainWaitsForPurchases(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		opens, ann, ended := draining(t)
		ann.subscribe(t, "late", `{ __typename }`, nil)
		late := ann.next(t)
		assert.Equal(t, "late", late.ID)
		assert.Contains(t, string(late.Payload), `"UNAVAILABLE"`)
		close(opens)
		answer := ann.next(t)
		assert.Equal(t, "buy", answer.ID)
		assert.JSONEq(t, `{"data":{"purchase":{"purchase":{"ordinal":1}}}}`, string(answer.Payload))
		assert.Equal(t, "complete", ann.next(t).Type)
		assert.Equal(t, closeRestart, ann.closed(t).Code)
		require.NoError(t, <-ended)
	})
}

// TestADrainHasAnEnd, also for a purchase that has none.
func TestADrainHasAnEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, ann, ended := draining(t)
		go func() { _, _ = io.Copy(io.Discard, ann.NetConn()) }()
		require.ErrorIs(t, <-ended, context.DeadlineExceeded)
	})
}
