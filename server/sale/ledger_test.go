package sale //nolint:testpackage // the ledger is nobody else's

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"stampede/model"
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

	l.note(lamp, purchases(1, 10))
	assert.True(t, l.stranger(1, "ann", 10))
	assert.False(t, l.stranger(1, "ann", 11), "one purchase is not known: it was made by another replica")
	for i := 1; i <= 10; i++ {
		assert.False(t, l.stranger(1, fmt.Sprint("buyer-", i), 10), "a buyer is never taken for a stranger")
	}
	l.note(lamp, purchases(12, 12))
	assert.False(t, l.stranger(1, "ann", 12), "a gap")
	assert.Equal(t, 10, l.seen(1))
	p, known := l.find(1, "buyer-12")
	assert.True(t, known, "but what it was told it knows by heart")
	assert.Equal(t, 12, p.Ordinal)
	l.note(lamp, purchases(11, 12))
	assert.True(t, l.stranger(1, "ann", 12), "the gap is filled")
	_, known = l.find(2, "buyer-12")
	assert.False(t, known, "another sale")
}

func TestLedgerIsBounded(t *testing.T) {
	t.Parallel()
	l := newLedger()
	for id := model.SaleID(1); id <= ledgerSales+3; id++ {
		l.note(model.Sale{ID: id, Stock: 10}, purchases(1, 20))
	}
	assert.Len(t, l.books, ledgerSales)
	assert.Len(t, l.order, ledgerSales)
	b := l.books[ledgerSales+3]
	assert.Len(t, b.recent, 10, "the last ones")
	assert.Contains(t, b.recent, "buyer-20")
	assert.NotContains(t, b.recent, "buyer-1")
	assert.False(t, l.stranger(ledgerSales+3, "buyer-1", 20), "forgotten by heart, but not by the filter")
	assert.False(t, l.stranger(1, "ann", 20), "a sale that was pushed out is not known")

	large := model.Sale{ID: 99, Stock: model.MaxStock}
	l.note(large, purchases(1, 1))
	assert.Len(t, l.books[99].filter, mostBits/64)
}

func TestLedgerSeldomTakesAStrangerForABuyer(t *testing.T) {
	t.Parallel()
	l := newLedger()
	const units = 20_000
	l.note(model.Sale{ID: 1, Stock: units}, purchases(1, units))
	mistaken := 0
	for i := range units {
		if !l.stranger(1, fmt.Sprint("stranger-", i), units) {
			mistaken++
		}
	}
	assert.Less(t, mistaken, units/500, "mistaken %d of %d", mistaken, units)
}
