package sale

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"stampede/model"
)

const (
	// ledgerSales is how many sales memory keeps a ledger of: the ones that sold last.
	ledgerSales = 4
	// bookRest is how long after it was last written to a book is not given up for another sale's: of more sales that
	// sell at once than there are books, the first ones have theirs, and the others ask the database.
	bookRest = 10 * time.Second
	// recentPurchases is how many purchases of a sale memory knows by heart at the most: the last ones.
	recentPurchases = 1 << 15
)

// ledger is what memory knows for sure about who has bought. It knows the latest purchases by heart, and of a stranger
// it can say that it has not bought: once it has seen every ordinal up to the number sold, whoever is not in the
// filter is not in the table. It may doubt (then the database answers), and it is never wrong.
//
// All that it holds is bounded.
type ledger struct {
	// history is one more whenever something is forgotten: what was read before is of a history that may be lost.
	history atomic.Int64

	mu    sync.RWMutex // guards what follows
	books map[model.SaleID]*book
	order []model.SaleID // of the books, the one written to last at the end
}

// seen says that purchases with ordinals 1 to ordinal are known, without a gap, and what the last of them is: by it the
// database is asked whether it still has that history.
type seen struct {
	ordinal int
	last    model.Purchase
}

// is says whether a purchase is the last one that was seen.
func (s *seen) is(p model.Purchase) bool {
	return p.Ordinal == s.ordinal && p.ShopperID == s.last.ShopperID && p.PurchasedAt.Equal(s.last.PurchasedAt)
}

// book is the ledger of one sale.
type book struct {
	seen    seen // these purchases are among the buyers, and those in recent
	buyers  bloom
	recent  *recall
	sale    model.Sale // the latest that was written with purchases
	wroteAt time.Time
	next    *model.State // how the last transaction has left the sale; nil when nobody knows
	place   string       // and where its row; empty when nobody knows
}

func newLedger() *ledger { return &ledger{books: map[model.SaleID]*book{}} }

// note takes up purchases of a sale that are durable, ascending by ordinal: not if anything was forgotten since history
// was what it is here, nor if there is no room for the sale's book.
func (l *ledger) note(history int64, sale model.Sale, purchases []model.Purchase) {
	if len(purchases) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if history != l.history.Load() {
		return
	}
	b := l.openLocked(sale)
	if b == nil {
		return
	}
	b.take(purchases)
}

// recognise takes up purchases of a sale that were met by chance, and are durable: if the sale has a book, and nothing
// was forgotten since history.
func (l *ledger) recognise(history int64, id model.SaleID, purchases []model.Purchase) {
	if len(purchases) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if b := l.books[id]; b != nil && history == l.history.Load() {
		b.take(purchases)
	}
}

// seen is up to where memory has looked at the purchases of a sale, without a gap.
func (l *ledger) seen(id model.SaleID) seen {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if b := l.books[id]; b != nil {
		return b.seen
	}
	return seen{}
}

// behind says whether there are purchases of a sale that memory could look at, and has not.
func (l *ledger) behind(id model.SaleID, sold int) bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if b := l.books[id]; b != nil {
		return b.seen.ordinal < sold
	}
	return sold > 0 && l.roomLocked()
}

// unseen is how many purchases memory has not looked at, of each sale of which it has looked at some.
func (l *ledger) unseen() map[model.SaleID]int {
	l.mu.RLock()
	defer l.mu.RUnlock()
	all := map[model.SaleID]int{}
	for id, b := range l.books {
		all[id] = max(0, b.sale.Sold-b.seen.ordinal)
	}
	return all
}

// find is the shopper's purchase, when memory knows it by heart.
func (l *ledger) find(id model.SaleID, shopperID string) (model.Purchase, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	b := l.books[id]
	if b == nil {
		return model.Purchase{}, false
	}
	hash := b.buyers.hash(shopperID)
	if !b.buyers.has(hash) {
		return model.Purchase{}, false
	}
	return b.recent.find(hash, id, shopperID)
}

// stranger says whether the shopper is known for sure not to be among the first sold buyers.
func (l *ledger) stranger(id model.SaleID, shopperID string, sold int) bool {
	if sold == 0 {
		return true
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	b := l.books[id]
	return b != nil && b.seen.ordinal >= sold && !b.buyers.has(b.buyers.hash(shopperID))
}

// suspects are the shoppers of these orders who may have bought before, if the sale has sold what has been seen and no
// unit more: all the others are known for sure to be strangers.
func (l *ledger) suspects(id model.SaleID, orders []model.Order) (shoppers []string, known seen) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	b := l.books[id]
	if b == nil {
		return nil, seen{}
	}
	for _, o := range orders {
		if b.buyers.has(b.buyers.hash(o.ShopperID)) {
			shoppers = append(shoppers, o.ShopperID)
		}
	}
	return shoppers, b.seen
}

// foresee notes how the last transaction has left the sale, and where its row; nil and "": nobody knows.
func (l *ledger) foresee(id model.SaleID, state *model.State, place string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b := l.books[id]; b != nil {
		b.next, b.place = state, place
	}
}

// foreseen is how the last transaction has left the sale, and where its row; and which purchases are known. It is nil
// when one of these orders may be one of their shoppers'.
func (l *ledger) foreseen(id model.SaleID, orders []model.Order) (*model.State, string, seen) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	b := l.books[id]
	if b == nil || b.next == nil {
		return nil, "", seen{}
	}
	for _, o := range orders {
		if b.buyers.has(b.buyers.hash(o.ShopperID)) {
			return nil, "", seen{}
		}
	}
	return b.next, b.place, b.seen
}

// forget lets a sale's book go: it tells of purchases that the database has lost.
func (l *ledger) forget(id model.SaleID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.history.Add(1)
	delete(l.books, id)
	l.order = slices.DeleteFunc(l.order, func(other model.SaleID) bool { return other == id })
}

// forgetAll lets all books go.
func (l *ledger) forgetAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.history.Add(1)
	clear(l.books)
	l.order = l.order[:0]
}

// openLocked is a sale's book, which is written to now; nil when there is no room for it.
func (l *ledger) openLocked(sale model.Sale) *book {
	b := l.books[sale.ID]
	if b == nil && !l.roomLocked() {
		return nil
	}
	l.order = slices.DeleteFunc(l.order, func(id model.SaleID) bool { return id == sale.ID })
	if b == nil {
		if len(l.order) == ledgerSales {
			delete(l.books, l.order[0])
			l.order = l.order[1:]
		}
		b = &book{buyers: newBloom(sale.Stock), recent: newRecall(recentPurchases)}
		l.books[sale.ID] = b
	}
	if sale.Version >= b.sale.Version {
		b.sale = sale
	}
	b.wroteAt = time.Now()
	l.order = append(l.order, sale.ID)
	return b
}

// roomLocked says whether another book may be opened: there are few, or one of them rests.
func (l *ledger) roomLocked() bool {
	return len(l.order) < ledgerSales || time.Since(l.books[l.order[0]].wroteAt) >= bookRest
}

func (b *book) take(purchases []model.Purchase) {
	for _, p := range purchases {
		hash := b.buyers.hash(p.ShopperID)
		if p.Ordinal == b.seen.ordinal+1 {
			b.seen = seen{p.Ordinal, p}
		}
		b.buyers.add(hash, b.sale.Stock-p.Ordinal)
		b.recent.add(hash, p)
	}
}
