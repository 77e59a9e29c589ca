package sale //nolint:testpackage // the ledger is nobody else's

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/model"
	"stampede/server/pg"
	"stampede/server/pg/pgtest"
)

func purchases(from, to int) []model.Purchase {
	var all []model.Purchase
	for i := from; i <= to; i++ {
		all = append(all, model.Purchase{SaleID: 1, Ordinal: i, ShopperID: fmt.Sprint("buyer-", i)})
	}
	return all
}

func TestLedgerIsSureOfStrangersOnlyWhenItHasSeenEveryPurchase(t *testing.T) {
	t.Parallel()
	l := newLedger()
	lamp := model.Sale{ID: 1, Stock: 100}
	assert.True(t, l.stranger(1, "ann", 0), "nothing is sold: everybody is a stranger")
	assert.False(t, l.stranger(1, "ann", 1), "somebody has bought, and it may have been ann")

	l.note(0, lamp, purchases(1, 10))
	assert.True(t, l.stranger(1, "ann", 10))
	assert.False(t, l.stranger(1, "ann", 11), "one purchase is not known: it was made by another replica")
	for i := 1; i <= 10; i++ {
		assert.False(t, l.stranger(1, fmt.Sprint("buyer-", i), 10), "a buyer is never taken for a stranger")
	}
	l.note(0, lamp, purchases(12, 12))
	assert.False(t, l.stranger(1, "ann", 12), "a gap")
	assert.Equal(t, 10, l.seen(1).ordinal)
	p, known := l.find(1, "buyer-12")
	assert.True(t, known, "but what it was told it knows by heart")
	assert.Equal(t, 12, p.Ordinal)
	l.note(0, lamp, purchases(11, 12))
	assert.True(t, l.stranger(1, "ann", 12), "the gap is filled")
	_, known = l.find(2, "buyer-12")
	assert.False(t, known, "another sale")
}

// rest lets the time pass in which a book keeps its place.
func (l *ledger) rest() {
	for _, b := range l.books {
		b.wroteAt = b.wroteAt.Add(-bookRest)
	}
}

func TestLedgerIsBounded(t *testing.T) {
	t.Parallel()
	l := newLedger()
	for id := model.SaleID(1); id <= ledgerSales+3; id++ {
		l.note(0, model.Sale{ID: id, Stock: 10}, purchases(1, 20))
		l.rest()
	}
	assert.Len(t, l.books, ledgerSales)
	assert.Len(t, l.order, ledgerSales)
	assert.False(t, l.stranger(ledgerSales+3, "buyer-1", 20))
	assert.False(t, l.stranger(1, "ann", 20), "a sale that was pushed out is not known")
}

// TestMoreSalesThanBooksPushNoneOut: of sales that sell in turn, the book written to least recently is the one needed
// next. It lives in a bubble of synctest, where time stands still.
func TestMoreSalesThanBooksPushNoneOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLedger()
		const sales, batches = ledgerSales + 2, 30
		sale := func(id model.SaleID) model.Sale { return model.Sale{ID: id, Stock: 1000} }
		for n := range batches {
			for id := model.SaleID(1); id <= sales; id++ {
				l.note(0, sale(id), purchases(n+1, n+1))
			}
		}
		for id := model.SaleID(1); id <= sales; id++ {
			assert.Equal(t, id <= ledgerSales, l.stranger(id, "ann", batches), "sale %d", id)
			assert.False(t, l.behind(id, batches), "sale %d has nothing to catch up with, or no room for it", id)
		}
		assert.Len(t, l.books, ledgerSales)
		l.note(0, model.Sale{ID: 1, Stock: 1_000_000}, purchases(1, batches))
		assert.True(t, l.stranger(1, "ann", batches), "a sale that is restocked keeps its place")
		assert.Len(t, l.books, ledgerSales)

		l.rest()
		assert.True(t, l.behind(sales, batches), "others rest: there is room now")
		l.note(0, sale(sales), purchases(1, batches))
		assert.True(t, l.stranger(sales, "ann", batches))
		assert.Len(t, l.books, ledgerSales)
	})
}

func TestRecallKnowsTheLatestPurchasesByHeart(t *testing.T) {
	t.Parallel()
	const bound = 8
	r := newRecall(bound)
	at := time.Date(2026, 11, 27, 18, 0, 0, 123_456_000, time.UTC)
	bought := func(i int) (uint64, model.Purchase) {
		return uint64(i), model.Purchase{
			SaleID: 7, Ordinal: i, ShopperID: fmt.Sprint("Zoë ", i), IdempotencyKey: strings.Repeat("k", i%3), PurchasedAt: at,
		}
	}
	for last := 1; last <= 100; last++ {
		r.add(bought(last))
		known := 0
		for i := 1; i <= last; i++ {
			hash, want := bought(i)
			p, found := r.find(hash, 7, want.ShopperID)
			if !found {
				assert.Less(t, i, last-bound/2+1, "the latest half of the bound is known, after %d", last)
				continue
			}
			known++
			assert.Equal(t, want, p)
		}
		assert.LessOrEqual(t, known, bound)
	}

	r = newRecall(bound)
	_, ann := bought(1)
	_, eve := bought(2)
	r.add(5, ann)
	_, found := r.find(5, 7, eve.ShopperID)
	assert.False(t, found, "another shopper with the same hash")
	r.add(5, eve)
	p, found := r.find(5, 7, eve.ShopperID)
	assert.True(t, found)
	assert.Equal(t, eve, p)
	_, found = r.find(5, 7, ann.ShopperID)
	assert.False(t, found, "forgotten for the other's sake")
}

func TestLedgerSuspectsNobodyWhomItHasNotSeen(t *testing.T) {
	t.Parallel()
	l := newLedger()
	orders := []model.Order{{ShopperID: "ann"}, {ShopperID: "buyer-3"}, {ShopperID: "ben"}}
	suspects, seen := l.suspects(1, orders)
	assert.Empty(t, suspects)
	assert.Zero(t, seen.ordinal, "true of a sale that has sold nothing, and of no other")
	l.note(0, model.Sale{ID: 1, Stock: 100}, purchases(1, 5))
	suspects, seen = l.suspects(1, orders)
	assert.Equal(t, []string{"buyer-3"}, suspects)
	assert.Equal(t, 5, seen.ordinal)
	assert.Equal(t, "buyer-5", seen.last.ShopperID)
	l.forget(1)
	_, seen = l.suspects(1, orders)
	assert.Zero(t, seen.ordinal)
	assert.Empty(t, l.order)
}

// TestARestockKeepsWhatIsKnown: a sale may grow to any size, and its buyers need not be read again.
func TestARestockKeepsWhatIsKnown(t *testing.T) {
	t.Parallel()
	l := newLedger()
	l.note(0, model.Sale{ID: 1, Stock: 10}, nil)
	assert.Empty(t, l.books, "a change that sold nothing opens no book")
	l.note(0, model.Sale{ID: 1, Stock: 10}, purchases(1, 10))
	const restocked = 20_000
	l.note(0, model.Sale{ID: 1, Stock: restocked}, purchases(11, restocked))
	mistaken := 0
	for i := range restocked {
		if !l.stranger(1, fmt.Sprint("stranger-", i), restocked) {
			mistaken++
		}
		assert.False(t, l.stranger(1, fmt.Sprint("buyer-", i+1), restocked))
	}
	assert.Less(t, mistaken, restocked/500)
	assert.Equal(t, 8<<10+64<<10, l.books[1].buyers.bytes(), "and there is room for all who are expected at once")
}

func TestMemoryIsSureOnlyWhenNobodyCanBuy(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 27, 18, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	open := model.Sale{Stock: 1, StartsAt: ago(time.Hour)}
	for name, c := range map[string]struct {
		change func(*model.Sale)
		want   bool
	}{
		"active":             {func(*model.Sale) {}, false},
		"sold out":           {func(s *model.Sale) { s.Sold = 1 }, true},
		"paused":             {func(s *model.Sale) { s.PausedAt = ago(0) }, true},
		"ended by hand":      {func(s *model.Sale) { s.EndedAt = ago(0) }, true},
		"ended by the clock": {func(s *model.Sale) { s.EndsAt = ago(0) }, true},
		"about to open":      {func(s *model.Sale) { s.StartsAt = now.Add(openingMargin / 2) }, false},
		"far from open":      {func(s *model.Sale) { s.StartsAt = now.Add(time.Hour) }, true},
	} {
		sale := open
		c.change(&sale)
		assert.Equal(t, c.want, settled(&model.State{Sale: sale, At: now}), name)
	}
}

// openSale is a store, and a sale of a hundred units that has just opened.
func openSale(t *testing.T, db *pg.DB) (*Store, model.State) {
	t.Helper()
	store := NewStore(db, nil, slog.New(slog.DiscardHandler))
	state, err := store.Create(t.Context(), "op", model.Plan{
		Product: model.Product{SKU: "s", Name: "n"}, Stock: 100, StartsAt: time.Now().Add(-time.Minute),
	})
	require.NoError(t, err)
	return store, state
}

// TestSurpassLetsALostHistoryGo: what a failover has lost is not known by heart any more, and the version goes on from
// the lost one; a version that the database has passed already stays as it is.
func TestSurpassLetsALostHistoryGo(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	store, lamp := openSale(t, db)
	sold, err := store.Commit(t.Context(), lamp.ID, []model.Order{{ShopperID: "ann"}})
	require.NoError(t, err)
	_, known := store.ledger.find(lamp.ID, "ann")
	require.True(t, known)
	_, err = db.Pool.Exec(t.Context(), `WITH lost AS (DELETE FROM purchases) UPDATE sales SET sold = 0, version = version - 1`)
	require.NoError(t, err)

	for range 2 { // the second time there is nothing to be done
		state, err := store.Surpass(t.Context(), lamp.ID, sold.Sale.Version)
		require.NoError(t, err)
		assert.Equal(t, sold.Sale.Version+1, state.Version)
		assert.Zero(t, state.Sold)
	}
	_, known = store.ledger.find(lamp.ID, "ann")
	assert.False(t, known)
	again, err := store.Commit(t.Context(), lamp.ID, []model.Order{{ShopperID: "ann"}})
	require.NoError(t, err)
	assert.Equal(t, model.VerdictSold, again.Outcomes[0].Verdict)
}

// TestOnlyTheVeryDecisionIsFound: a lost commit has happened if all of its purchases stand in the table as they were
// decided; and what then is written ends the doubt.
func TestOnlyTheVeryDecisionIsFound(t *testing.T) {
	t.Parallel()
	store, lamp := openSale(t, pgtest.New(t))
	sold, err := store.Commit(t.Context(), lamp.ID, []model.Order{
		{ShopperID: "ann", IdempotencyKey: "a"}, {ShopperID: "ben", IdempotencyKey: "b"},
	})
	require.NoError(t, err)
	for name, c := range map[string]struct {
		change func(*model.Purchase)
		found  bool
	}{
		"as it was decided": {func(*model.Purchase) {}, true},
		"another ordinal":   {func(p *model.Purchase) { p.Ordinal = 3 }, false},
		"another key":       {func(p *model.Purchase) { p.IdempotencyKey = "c" }, false},
		"another shopper":   {func(p *model.Purchase) { p.ShopperID = "eve" }, false},
		"another instant":   {func(p *model.Purchase) { p.PurchasedAt = p.PurchasedAt.Add(time.Microsecond) }, false},
		"no known instant":  {func(p *model.Purchase) { p.PurchasedAt = time.Time{} }, true},
	} {
		lost := model.Decision{Sale: lamp.Sale, Sold: slices.Clone(sold.Sold)}
		c.change(&lost.Sold[1])
		found, state, err := store.lookFor(t.Context(), lost, false)
		require.NoError(t, err)
		assert.Equal(t, c.found, found != nil, name)
		assert.Equal(t, 2, state.Sold)
	}
	for i, shopper := range []string{"cat", "dan"} { // one that is not foreseen, for the row has moved on, and one that would be
		store.grounds.of(lamp.ID).doubted.Store(true)
		d, err := store.Commit(t.Context(), lamp.ID, []model.Order{{ShopperID: shopper}})
		require.NoError(t, err)
		assert.Equal(t, 3+i, d.Sold[0].Ordinal)
		assert.False(t, store.grounds.of(lamp.ID).doubted.Load())
	}
}

// TestAFlightThatArrivesLateFindsAnotherVersion: it was given up, found out not to have happened, and is carried out all
// the same; the sale has sold what was foreseen, and its last purchase is the one that was foreseen.
func TestAFlightThatArrivesLateFindsAnotherVersion(t *testing.T) {
	t.Parallel()
	store, lamp := openSale(t, pgtest.New(t))
	_, err := store.Commit(t.Context(), lamp.ID, []model.Order{{ShopperID: "ann"}})
	require.NoError(t, err)
	late := []model.Order{{ShopperID: "ben"}}
	f, ok := store.foreseen(lamp.ID, late)
	require.True(t, ok)
	found, _, err := store.lookFor(t.Context(), model.Decide(f.sale.Sale, nil, late, f.sale.At), false)
	require.NoError(t, err)
	require.Nil(t, found, "it has not happened, and its shopper is told so")
	_, _, err = store.commitForeseen(t.Context(), lamp.ID, f, late)
	require.ErrorIs(t, err, errSurprise)
	state, err := store.Sale(t.Context(), lamp.ID)
	require.NoError(t, err)
	assert.Equal(t, 1, state.Sold)
}
