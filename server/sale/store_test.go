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
	"stampede/server/pg/pgtest"
	"stampede/server/sale"
)

// schedule makes a sale that has just opened.
func schedule(t *testing.T, store *sale.Store, stock int) model.Sale {
	t.Helper()
	state, err := store.Create(t.Context(), "op", model.Plan{
		Product: model.Product{
			SKU: "LAMP-1", Name: "Lamp", Description: "Warm.", ImageURL: "/lamp.svg",
			Price: &model.Money{Amount: "49.90", CurrencyCode: "EUR"},
		},
		Stock: stock, StartsAt: time.Now().Add(-time.Minute),
	})
	require.NoError(t, err)
	return state.Sale
}

func orders(from, to int) []model.Order {
	var all []model.Order
	for i := from; i <= to; i++ {
		all = append(all, model.Order{ShopperID: fmt.Sprintf("shopper-%d", i), IdempotencyKey: fmt.Sprintf("key-%d", i)})
	}
	return all
}

func count(d model.Decision, v model.Verdict) int {
	n := 0
	for _, o := range d.Outcomes {
		if o.Verdict == v {
			n++
		}
	}
	return n
}

func TestCommitWritesWhatItAnswers(t *testing.T) {
	t.Parallel()
	store := newStore(pgtest.New(t))
	lamp := schedule(t, store, 3)

	first, err := store.Commit(t.Context(), lamp.ID, orders(1, 2))
	require.NoError(t, err)
	require.Equal(t, 2, count(first, model.VerdictSold))

	second, err := store.Commit(t.Context(), lamp.ID, orders(1, 5))
	require.NoError(t, err)
	assert.Equal(t, 2, count(second, model.VerdictReplayed), "the keys find what they bought")
	assert.Equal(t, 1, count(second, model.VerdictSold))
	assert.Equal(t, 2, count(second, model.VerdictSoldOut))

	state, err := store.Sale(t.Context(), lamp.ID)
	require.NoError(t, err)
	assert.Equal(t, second.Sale, state.Sale, "what is announced is what stands in the table")
	assert.Equal(t, lamp.Product, state.Product)

	found, total, err := store.PurchasesIn(t.Context(), lamp.ID, model.PurchaseFilter{}, 0, 10)
	require.NoError(t, err)
	assert.Equal(t, 3, total)
	assert.Equal(t, append(first.Sold, second.Sold...), found)
}

func TestCommitOfAnUnknownSale(t *testing.T) {
	t.Parallel()
	store := newStore(pgtest.New(t))
	_, err := store.Commit(t.Context(), 999, orders(1, 1))
	assert.Equal(t, model.CodeSaleNotFound, model.CodeOf(err))
}

// TestReplicasNeverOversell lets stores with pools of their own fight over one row, as replicas would.
func TestReplicasNeverOversell(t *testing.T) {
	t.Parallel()
	const replicas, shoppers, stock = 4, 120, 50
	url := pgtest.URL(t)
	var lamp model.Sale
	var running sync.WaitGroup
	results := make(chan model.Outcome, 2*shoppers)
	for i := range replicas {
		db, err := pg.Open(t.Context(), url, pg.WithTx(pg.TxTimeout(time.Minute)))
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, db.Close()) })
		store := newStore(db)
		if i == 0 {
			lamp = schedule(t, store, stock)
		}
		// Every shopper asks two replicas at once, with different keys.
		for n := 1; n <= shoppers; n++ {
			if n%replicas != i && (n+1)%replicas != i {
				continue
			}
			running.Go(func() {
				order := model.Order{ShopperID: fmt.Sprint("s", n), IdempotencyKey: fmt.Sprint("k", i)}
				d, err := store.Commit(context.Background(), lamp.ID, []model.Order{order})
				for errors.Is(err, pg.ErrContention) { // nothing was committed
					d, err = store.Commit(context.Background(), lamp.ID, []model.Order{order})
				}
				if assert.NoError(t, err) {
					results <- d.Outcomes[0]
				}
			})
		}
	}
	running.Wait()
	close(results)

	sold := map[int]string{}
	for o := range results {
		if o.Verdict == model.VerdictSold {
			assert.NotContains(t, sold, o.Purchase.Ordinal)
			sold[o.Purchase.Ordinal] = o.Purchase.ShopperID
		}
	}
	assert.Len(t, sold, stock)
	found, total, err := newStore(openURL(t, url)).PurchasesIn(t.Context(), lamp.ID, model.PurchaseFilter{}, 0, 1000)
	require.NoError(t, err)
	assert.Equal(t, stock, total)
	for i, p := range found {
		assert.Equal(t, i+1, p.Ordinal, "no gaps")
		assert.Equal(t, sold[p.Ordinal], p.ShopperID, "what was confirmed is what stands in the table")
	}
}

func openURL(t *testing.T, url string) *pg.DB {
	t.Helper()
	db, err := pg.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	return db
}

// TestTheTablesThemselvesKeepThePromises goes around the code: the constraints hold without it.
func TestTheTablesThemselvesKeepThePromises(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	store := newStore(db)
	lamp := schedule(t, store, 2)
	_, err := store.Commit(t.Context(), lamp.ID, orders(1, 2))
	require.NoError(t, err)

	for promise, attempt := range map[string]struct{ sql, constraint string }{
		"never oversold":  {`UPDATE sales SET sold = sold + 1`, "never_oversold"},
		"no stock taken":  {`UPDATE sales SET stock = 1`, "never_oversold"},
		"one per shopper": {`INSERT INTO purchases VALUES (1, 3, 'shopper-1', NULL, now())`, "one_per_shopper"},
		"an ordinal once": {`INSERT INTO purchases VALUES (1, 2, 'eve', NULL, now())`, "purchases_pkey"},
		"an end, later":   {`UPDATE sales SET ends_at = starts_at`, "ends_after_start"},
		"an end, or none": {`UPDATE sales SET ends_at = 'infinity'`, "is_finite"},
		"a start":         {`UPDATE sales SET starts_at = '-infinity'`, "is_finite"},
		"a pause, or not": {`UPDATE sales SET paused_at = 'infinity'`, "is_finite"},
		"an end by hand":  {`UPDATE sales SET ended_at = 'infinity'`, "is_finite"},
		"a price as text": {`UPDATE sales SET price = '{"amount": 49.90, "currencyCode": "EUR"}'`, "amount_and_currency"},
		"a price in all":  {`UPDATE sales SET price = '{"amount": "49.90"}'`, "amount_and_currency"},
		"a price at all":  {`UPDATE sales SET price = '49.90'`, "amount_and_currency"},
		"some stock":      {`UPDATE sales SET stock = 0`, "stock_in_bounds"},
		"bounded stock":   {`UPDATE sales SET stock = 100000001`, "stock_in_bounds"},
		"units sold":      {`UPDATE sales SET sold = -1`, "never_oversold"},
		"from one on":     {`INSERT INTO purchases VALUES (1, 0, 'eve', NULL, now())`, "counts_from_one"},
		"a shopper":       {`INSERT INTO purchases VALUES (1, 3, '', NULL, now())`, "subject_in_bounds"},
		"a short name":    {`INSERT INTO purchases VALUES (1, 3, repeat('e', 65), NULL, now())`, "subject_in_bounds"},
		"a key, or none":  {`INSERT INTO purchases VALUES (1, 3, 'eve', '', now())`, "key_in_bounds"},
		"a short key":     {`INSERT INTO purchases VALUES (1, 3, 'eve', repeat('k', 65), now())`, "key_in_bounds"},
		"an operator":     {`UPDATE sale_changes SET changed_by = ''`, "subject_in_bounds"},
	} {
		t.Run(promise, func(t *testing.T) {
			t.Parallel()
			_, err := db.Pool.Exec(context.Background(), attempt.sql)
			assert.ErrorContains(t, err, attempt.constraint)
		})
	}
}

func TestAmend(t *testing.T) {
	t.Parallel()
	store := newStore(pgtest.New(t))
	lamp := schedule(t, store, 2)
	apply := func(change model.Change) (model.State, error) {
		return store.Amend(t.Context(), lamp.ID, model.Amendment{Kind: model.Paused, By: "op", Change: change})
	}

	paused, err := apply(model.Sale.Pause)
	require.NoError(t, err)
	assert.Equal(t, model.PhasePaused, paused.Phase())
	refused, err := store.Commit(t.Context(), lamp.ID, orders(1, 1))
	require.NoError(t, err)
	assert.Equal(t, 1, count(refused, model.VerdictNotActive))

	_, err = apply(model.Sale.Resume)
	require.NoError(t, err)
	restocked, err := apply(func(s model.Sale, now time.Time) (model.Sale, error) { return s.Restock(3, now) })
	require.NoError(t, err)
	stored, err := store.Sale(t.Context(), lamp.ID)
	require.NoError(t, err)
	assert.Equal(t, restocked.Sale, stored.Sale)
	assert.Equal(t, 5, stored.Stock)

	unchanged, err := apply(model.Sale.Resume)
	require.NoError(t, err)
	assert.Equal(t, stored.Version, unchanged.Version, "no change, no write")

	_, err = apply(func(s model.Sale, now time.Time) (model.Sale, error) { return s.Restock(0, now) })
	var problems model.Problems
	require.ErrorAs(t, err, &problems)

	ended, err := apply(model.Sale.End)
	require.NoError(t, err)
	assert.Equal(t, model.PhaseEnded, ended.Phase())
	over, err := store.Commit(t.Context(), lamp.ID, orders(1, 1))
	require.NoError(t, err)
	assert.Equal(t, 1, count(over, model.VerdictNotActive))
}

func TestCreateRefusesMoreSalesThanMemoryHolds(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	_, err := db.Pool.Exec(t.Context(), `INSERT INTO sales (sku, name, stock, starts_at)
		SELECT 's', 'n', 1, now() FROM generate_series(1, $1)`, sale.MaxSales)
	require.NoError(t, err)
	_, err = newStore(db).Create(t.Context(), "op", model.Plan{
		Product: model.Product{SKU: "s", Name: "n"}, Stock: 1, StartsAt: time.Now(),
	})
	var problems model.Problems
	require.ErrorAs(t, err, &problems)
	assert.Equal(t, model.CodeConflict, problems[0].Code)
}

func TestReads(t *testing.T) {
	t.Parallel()
	store := newStore(pgtest.New(t))
	before, versions, _, err := store.Pulse(t.Context())
	require.NoError(t, err)
	assert.Zero(t, before)
	assert.Zero(t, versions)

	lamp, chair := schedule(t, store, 5), schedule(t, store, 5)
	for _, s := range []model.Sale{lamp, chair} {
		_, err := store.Commit(t.Context(), s.ID, orders(1, 3))
		require.NoError(t, err)
	}
	sales, versions, now, err := store.Pulse(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 2, sales)
	assert.Equal(t, int64(4), versions, "scheduled once, sold once, each")
	assert.WithinDuration(t, time.Now(), now, time.Minute)

	all, _, err := store.Sales(t.Context())
	require.NoError(t, err)
	assert.Len(t, all, 2)

	p, found, err := store.PurchaseBy(t.Context(), lamp.ID, "shopper-2")
	require.NoError(t, err)
	require.True(t, found)
	same, found, err := store.PurchaseNumbered(t.Context(), lamp.ID, p.Ordinal)
	require.NoError(t, err)
	assert.True(t, found)
	assert.Equal(t, p, same)
	_, found, err = store.PurchaseBy(t.Context(), lamp.ID, "nobody")
	require.NoError(t, err)
	assert.False(t, found)

	page, total, err := store.PurchasesIn(t.Context(), lamp.ID, model.PurchaseFilter{}, 1, 1)
	require.NoError(t, err)
	assert.Equal(t, 3, total)
	require.Len(t, page, 1)
	assert.Equal(t, 2, page[0].Ordinal)

	mine, total, err := store.PurchasesBy(t.Context(), "shopper-1", 0, 10)
	require.NoError(t, err)
	assert.Equal(t, 2, total)
	assert.Equal(t, []model.SaleID{chair.ID, lamp.ID}, []model.SaleID{mine[0].SaleID, mine[1].SaleID}, "the newest first")
	mine, _, err = store.PurchasesBy(t.Context(), "shopper-1", chair.ID, 10)
	require.NoError(t, err)
	require.Len(t, mine, 1)
	assert.Equal(t, lamp.ID, mine[0].SaleID)
}

// TestTurnsAreTakenOnlyBesideRivals: a replica that is alone does not pay for them.
func TestTurnsAreTakenOnlyBesideRivals(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	turns, err := db.NewTurns(t.Context())
	require.NoError(t, err)
	t.Cleanup(turns.Close)
	store := sale.NewStore(db, turns, slog.New(slog.DiscardHandler))
	held := func() (n int) {
		require.NoError(t, db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database
			WHERE datname = current_database() AND locktype = 'advisory'`).Scan(&n))
		return n
	}
	end := store.Turn(t.Context(), 1)
	assert.Zero(t, held())
	end()
	store.NoteRival()
	require.Eventually(t, func() bool { // who stands still for a second loses it
		end := store.Turn(t.Context(), 1)
		defer end()
		return held() == 1
	}, waitLimit, tick)
	assert.Zero(t, held())
}
