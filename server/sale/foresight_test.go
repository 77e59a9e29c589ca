package sale_test

import (
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/model"
	"stampede/server/pg/pgtest"
	"stampede/server/sale"
)

// counting is a store on a network that counts what it sends. One message is one round trip.
func counting(t *testing.T) (store, elsewhere *sale.Store, sent *atomic.Int64) {
	t.Helper()
	direct := pgtest.New(t)
	network, sent := pgtest.Counting(t, direct.Pool.Config().ConnString())
	return newStore(openURL(t, network.URL)), newStore(direct), sent
}

// sellSingly sells to the shoppers 1 to n, one after the other: after that the store foresees what comes.
func sellSingly(t *testing.T, store *sale.Store, id model.SaleID, n int) {
	t.Helper()
	for i := range n {
		_, err := store.Commit(t.Context(), id, orders(i+1, i+1))
		require.NoError(t, err)
	}
}

func verdictsOf(d model.Decision) []model.Verdict {
	var all []model.Verdict
	for _, o := range d.Outcomes {
		all = append(all, o.Verdict)
	}
	return all
}

// TestWhatIsForeseenTakesOneRoundTrip: a replica that is alone knows how it will find the sale. It reads first where a
// shopper may have bought before, stands there twice, or gets nothing; and after a surprise, once.
func TestWhatIsForeseenTakesOneRoundTrip(t *testing.T) {
	t.Parallel()
	store, elsewhere, sent := counting(t)
	lamp := schedule(t, store, 20)
	for range 2 { // the statements are prepared, one way and the other
		_, err := store.Commit(t.Context(), lamp.ID, orders(1, 1))
		require.NoError(t, err)
	}
	_, err := store.Commit(t.Context(), lamp.ID, orders(2, 2))
	require.NoError(t, err)
	for _, step := range []struct {
		name   string
		orders []model.Order
		want   []model.Verdict
		before func()
		trips  int64
	}{
		{name: "strangers", orders: orders(3, 4), want: []model.Verdict{model.VerdictSold, model.VerdictSold}, trips: 1},
		{
			name: "a shopper who has bought", orders: orders(4, 5), trips: 2,
			want: []model.Verdict{model.VerdictReplayed, model.VerdictSold},
		},
		{name: "strangers after that", orders: orders(6, 6), want: []model.Verdict{model.VerdictSold}, trips: 1},
		{
			name: "a shopper who orders twice", orders: append(orders(7, 7), orders(7, 8)...), trips: 2,
			want: []model.Verdict{model.VerdictSold, model.VerdictReplayed, model.VerdictSold},
		},
		{
			name: "another replica has sold", orders: orders(10, 10), want: []model.Verdict{model.VerdictSold}, trips: 1 + 2,
			before: func() {
				_, err := elsewhere.Commit(t.Context(), lamp.ID, orders(9, 9))
				require.NoError(t, err)
			},
		},
		// What the other one has sold is not known here, so that nothing is foreseen.
		{name: "and nobody has caught up", orders: orders(11, 11), want: []model.Verdict{model.VerdictSold}, trips: 2},
	} {
		if step.before != nil {
			step.before()
		}
		before := sent.Load()
		d, err := store.Commit(t.Context(), lamp.ID, step.orders)
		require.NoError(t, err, step.name)
		assert.Equal(t, step.want, verdictsOf(d), step.name)
		assert.Equal(t, step.trips, sent.Load()-before, step.name)
	}
	buyersOf(t, elsewhere, lamp.ID)
}

// TestBesideAnotherReplicaAStrangerIsTakenForOne: the other one has sold meanwhile, and its buyers seldom ask here. Whoever
// does is found by the constraint, and then read.
func TestBesideAnotherReplicaAStrangerIsTakenForOne(t *testing.T) {
	t.Parallel()
	store, elsewhere, sent := counting(t)
	lamp := schedule(t, store, 20)
	sellSingly(t, store, lamp.ID, 3)
	store.NoteRival()
	_, err := elsewhere.Commit(t.Context(), lamp.ID, orders(4, 6))
	require.NoError(t, err)
	before := sent.Load()
	d, err := store.Commit(t.Context(), lamp.ID, orders(7, 8))
	require.NoError(t, err)
	assert.EqualValues(t, 1, sent.Load()-before)
	assert.Equal(t, []int{7, 8}, []int{d.Sold[0].Ordinal, d.Sold[1].Ordinal})
	state, err := elsewhere.Sale(t.Context(), lamp.ID)
	require.NoError(t, err)
	assert.Equal(t, state.Sale, d.Sale)

	d, err = store.Commit(t.Context(), lamp.ID, append(orders(9, 9), orders(5, 6)...))
	require.NoError(t, err)
	assert.Equal(t, []model.Verdict{model.VerdictSold, model.VerdictReplayed, model.VerdictReplayed}, verdictsOf(d))
	assert.Equal(t, 5, d.Outcomes[1].Purchase.Ordinal)
	assert.Equal(t, shoppersOf(orders(1, 9)), buyersOf(t, elsewhere, lamp.ID))
}

// forgetful is a board that cannot say how a sale stands, so that every order goes to the database.
type forgetful struct{}

func (forgetful) Publish(model.Sale) {}

func (forgetful) Latest(model.SaleID) (model.State, bool, error) {
	return model.State{}, true, errors.New("memory is too old")
}

// TestARestartedReplicaForeseesAgain: it reads in the background what was sold before it started, while it sells.
func TestARestartedReplicaForeseesAgain(t *testing.T) {
	t.Parallel()
	store, before, sent := counting(t)
	lamp := schedule(t, before, 100_000)
	_, err := before.Commit(t.Context(), lamp.ID, orders(1, 300))
	require.NoError(t, err)
	service := sale.New(store, forgetful{}, sale.Limits{}, slog.New(slog.DiscardHandler))
	next := 301
	require.Eventually(t, func() bool {
		sentBefore := sent.Load()
		outcome, err := service.Purchase(t.Context(), lamp.ID, orders(next, next)[0])
		require.NoError(t, err)
		require.Equal(t, next, outcome.Purchase.Ordinal)
		next++
		return sent.Load()-sentBefore == 1
	}, waitLimit, tick)
	again, err := service.Purchase(t.Context(), lamp.ID, orders(7, 7)[0])
	require.NoError(t, err)
	assert.Equal(t, model.VerdictReplayed, again.Verdict, "and nobody was forgotten")
	require.NoError(t, service.Close(t.Context()))
}

// TestARefusalIsForeseen: a batch for which too little is left, or for which the sale is not open, is judged in its
// order, and nothing is tried in vain before it.
func TestARefusalIsForeseen(t *testing.T) {
	t.Parallel()
	store, _, sent := counting(t)
	lamp, other := schedule(t, store, 5), schedule(t, store, 5)
	for _, id := range []model.SaleID{lamp.ID, other.ID} {
		for i := range 2 {
			_, err := store.Commit(t.Context(), id, orders(i+1, i+1))
			require.NoError(t, err)
		}
	}
	for _, step := range []struct {
		orders []model.Order
		sold   int
		trips  int64
	}{
		{orders(3, 4), 2, 1}, {orders(5, 7), 1, 2}, {orders(8, 8), 0, 2},
	} {
		before := sent.Load()
		d, err := store.Commit(t.Context(), lamp.ID, step.orders)
		require.NoError(t, err)
		assert.Equal(t, step.trips, sent.Load()-before)
		for i, o := range d.Outcomes {
			want := model.VerdictSold
			if i >= step.sold {
				want = model.VerdictSoldOut
			}
			assert.Equal(t, want, o.Verdict, step.orders[i].ShopperID)
		}
	}
	assert.Equal(t, shoppersOf(orders(1, 5)), buyersOf(t, store, lamp.ID))

	_, err := store.Amend(t.Context(), other.ID, model.Amendment{Kind: model.Paused, By: "op", Change: model.Sale.Pause})
	require.NoError(t, err)
	before := sent.Load()
	d, err := store.Commit(t.Context(), other.ID, orders(3, 3))
	require.NoError(t, err)
	assert.Equal(t, model.VerdictNotActive, d.Outcomes[0].Verdict)
	assert.EqualValues(t, 2, sent.Load()-before)
}

// TestAnOperatorsChangeIsForeseen: what this replica has changed itself surprises nobody.
func TestAnOperatorsChangeIsForeseen(t *testing.T) {
	t.Parallel()
	store, _, sent := counting(t)
	lamp := schedule(t, store, 10)
	sellSingly(t, store, lamp.ID, 3)
	_, err := store.Amend(t.Context(), lamp.ID, model.Amendment{
		Kind: model.Restocked, By: "op",
		Change: func(s model.Sale, now time.Time) (model.Sale, error) { return s.Restock(10, now) },
	})
	require.NoError(t, err)
	before := sent.Load()
	d, err := store.Commit(t.Context(), lamp.ID, orders(4, 4))
	require.NoError(t, err)
	assert.Equal(t, 20, d.Sale.Stock)
	assert.WithinDuration(t, time.Now(), d.Sold[0].PurchasedAt, time.Minute)
	assert.EqualValues(t, 1, sent.Load()-before)
}

// TestWhatIsToldIsWhatWasFound and not what was foreseen, where the row has changed and its version has not: as after a
// failover that lost an operator's change, before another one was made.
func TestWhatIsToldIsWhatWasFound(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	store := newStore(db)
	lamp := schedule(t, store, 20)
	sellSingly(t, store, lamp.ID, 3)
	_, err := db.Pool.Exec(t.Context(),
		`UPDATE sales SET stock = 10, starts_at = starts_at - interval '1 hour', ends_at = now() + interval '1 hour'`)
	require.NoError(t, err)
	d, err := store.Commit(t.Context(), lamp.ID, orders(4, 5))
	require.NoError(t, err)
	stored, err := store.Sale(t.Context(), lamp.ID)
	require.NoError(t, err)
	assert.Equal(t, stored.Sale, d.Sale)
	assert.Equal(t, 10, d.Sale.Stock)
}
