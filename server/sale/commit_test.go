package sale_test

import (
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/model"
	"stampede/server/pg"
	"stampede/server/pg/pgtest"
	"stampede/server/sale"
)

// replica is a store with a pool of its own, which counts the transactions that had to be tried again. Stores that sell
// one after the other have no conflicts: whoever is tried again has taken a buyer for a stranger, and hit a constraint.
type replica struct {
	*sale.Store

	url   string
	again atomic.Int32
}

func newReplica(t *testing.T, url string) *replica {
	t.Helper()
	r := &replica{url: url}
	db, err := pg.Open(t.Context(), url, pg.WithTx(pg.OnRetry(func(string) { r.again.Add(1) })))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	r.Store = newStore(db)
	return r
}

// sells commits orders of strangers, who get the ordinals from first on.
func (r *replica) sells(t *testing.T, id model.SaleID, strangers []model.Order, first int) {
	t.Helper()
	r.answers(t, id, strangers, model.VerdictSold, first)
}

// knows commits orders of shoppers who have the ordinals from first on: with their keys, with another, and without one.
func (r *replica) knows(t *testing.T, id model.SaleID, buyers []model.Order, first int) {
	t.Helper()
	r.answers(t, id, buyers, model.VerdictReplayed, first)
	for _, key := range []string{"another key", ""} {
		var others []model.Order
		for _, o := range buyers {
			others = append(others, model.Order{ShopperID: o.ShopperID, IdempotencyKey: key})
		}
		r.answers(t, id, others, model.VerdictAlreadyPurchased, first)
	}
}

func (r *replica) answers(t *testing.T, id model.SaleID, orders []model.Order, verdict model.Verdict, first int) {
	t.Helper()
	d, err := r.Commit(t.Context(), id, orders)
	require.NoError(t, err)
	require.Len(t, d.Outcomes, len(orders))
	for i, o := range d.Outcomes {
		require.Equal(t, verdict, o.Verdict, orders[i].ShopperID)
		require.Equal(t, orders[i].ShopperID, o.Purchase.ShopperID)
		require.Equal(t, first+i, o.Purchase.Ordinal, orders[i].ShopperID)
	}
}

// buyersOf are the shoppers of a sale in the order of their ordinals, which have no gaps.
func buyersOf(t *testing.T, store *sale.Store, id model.SaleID) []string {
	t.Helper()
	found, total, err := store.PurchasesIn(t.Context(), id, model.PurchaseFilter{}, 0, 1000)
	require.NoError(t, err)
	require.Len(t, found, total)
	var shoppers []string
	for i, p := range found {
		require.Equal(t, i+1, p.Ordinal, "no gaps")
		shoppers = append(shoppers, p.ShopperID)
	}
	state, err := store.Sale(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, total, state.Sold)
	return shoppers
}

func shoppersOf(orders ...[]model.Order) []string {
	var shoppers []string
	for _, some := range orders {
		for _, o := range some {
			shoppers = append(shoppers, o.ShopperID)
		}
	}
	return shoppers
}

// TestTheLedgerSparesNobodyWhoHasBought: a ledger that knows every purchase saves a look at the table, and must not save
// it any more once another replica, or this one after a restart, has sold.
func TestTheLedgerSparesNobodyWhoHasBought(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	here, there, restarted := newReplica(t, url), newReplica(t, url), newReplica(t, url)
	lamp := schedule(t, here.Store, 100)
	const few = 3
	sold := 0
	for _, seller := range []*replica{here, here, there, here, here, there, there, here, restarted, restarted, here} {
		seller.knows(t, lamp.ID, orders(1, sold), 1)
		seller.sells(t, lamp.ID, orders(sold+1, sold+few), sold+1)
		sold += few
		seller.knows(t, lamp.ID, orders(1, sold), 1)
	}
	for _, r := range []*replica{here, there, restarted} {
		r.knows(t, lamp.ID, orders(1, sold), 1)
		assert.Zero(t, r.again.Load(), "nobody was taken for a stranger, not even until a constraint said otherwise")
	}
	assert.Equal(t, shoppersOf(orders(1, sold)), buyersOf(t, here.Store, lamp.ID))
}

// TestALedgerThatKnowsMoreThanTheDatabaseIsForgotten: a failover has lost the last purchases, and the sale sells on.
func TestALedgerThatKnowsMoreThanTheDatabaseIsForgotten(t *testing.T) {
	t.Parallel()
	const kept, sold = 6, 10
	early, lost := orders(1, kept), orders(kept+1, sold)
	for name, c := range map[string]struct {
		elsewhere bool // another replica is the first to sell after the loss
		more      int  // units, until this replica sees the database again
		cut       bool // the connections, too: the first commit after the loss is tried again
	}{
		"as many again, here":               {more: sold - kept},
		"one more, on a new connection":     {more: sold - kept + 1, cut: true},
		"fewer, by another replica":         {more: 2, elsewhere: true},
		"more, by another replica":          {more: sold - kept + 1, elsewhere: true},
		"as many again, by another replica": {more: sold - kept, elsewhere: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := pgtest.URL(t)
			here, there := newReplica(t, url), newReplica(t, url)
			lamp := schedule(t, here.Store, 100)
			here.sells(t, lamp.ID, early, 1)
			here.sells(t, lamp.ID, lost, kept+1)
			here.knows(t, lamp.ID, append(early, lost...), 1)
			_, err := openURL(t, url).Pool.Exec(t.Context(), `
				WITH lost AS (DELETE FROM purchases WHERE ordinal > 6 RETURNING *)
				UPDATE sales SET sold = sold - (SELECT count(*) FROM lost), version = version - 1`)
			require.NoError(t, err)
			require.Equal(t, shoppersOf(early), buyersOf(t, here.Store, lamp.ID))

			if c.cut {
				_, err := openURL(t, url).Pool.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
					WHERE datname = current_database() AND pid <> pg_backend_pid()`)
				require.NoError(t, err)
			}
			seller, others := here, orders(sold+1, sold+c.more)
			if c.elsewhere {
				seller = there
			}
			seller.sells(t, lamp.ID, others, kept+1)
			here.knows(t, lamp.ID, others, kept+1)
			here.knows(t, lamp.ID, early, 1)
			here.sells(t, lamp.ID, lost, kept+c.more+1) // of what they had bought, nothing is left
			here.knows(t, lamp.ID, lost, kept+c.more+1)
			here.knows(t, lamp.ID, others, kept+1)
			assert.Equal(t, shoppersOf(early, others, lost), buyersOf(t, here.Store, lamp.ID))
			if !c.cut {
				assert.Zero(t, here.again.Load(), "nobody was taken for a stranger")
			}
		})
	}
}

// TestALossIsNoticedWhenNothingIsLeft: whoever bought the units that a failover has lost is a buyer, though the sale has
// sold as many as the ledger has seen, and nobody can be taken for a stranger by a constraint any more.
func TestALossIsNoticedWhenNothingIsLeft(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	here, there := newReplica(t, url), newReplica(t, url)
	lamp := schedule(t, here.Store, 10)
	here.sells(t, lamp.ID, orders(1, 10), 1)
	_, err := openURL(t, url).Pool.Exec(t.Context(), `
		WITH lost AS (DELETE FROM purchases WHERE ordinal > 6) UPDATE sales SET sold = 6, version = version - 1`)
	require.NoError(t, err)
	there.sells(t, lamp.ID, orders(11, 14), 7)
	here.knows(t, lamp.ID, orders(11, 14), 7)
	here.knows(t, lamp.ID, orders(1, 6), 1)
	d, err := here.Commit(t.Context(), lamp.ID, orders(7, 10))
	require.NoError(t, err)
	for _, o := range d.Outcomes {
		assert.Equal(t, model.VerdictSoldOut, o.Verdict)
	}
}
