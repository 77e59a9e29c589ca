package sale

import (
	"time"

	"stampede/model"
)

// recall knows the latest purchases of a sale by heart: at least as many as half of its bound, and never more than the
// bound. It may forget, and it is never wrong.
//
// It holds no pointers but its slices and maps: of tens of thousands of purchases, the garbage collector has nothing
// to look through, and a rush is not slowed by what is remembered of it.
type recall struct {
	newer, older page
	most         int // in a page
}

// page is one half of a recall. When the newer one is full, the older one is forgotten and takes its place.
type page struct {
	index     map[uint64]int32 // by the shopper's hash
	purchases []remembered
	text      []byte // shoppers and keys
}

type remembered struct {
	purchasedAt int64 // Unix microseconds, as precise as PostgreSQL's
	ordinal     int32
	text        uint32 // where the shopper begins in the page's text; the key follows
	shopper     uint16 // bytes
	key         uint16 // bytes
}

// newRecall knows bound purchases at the most.
func newRecall(bound int) *recall {
	return &recall{newer: page{index: map[uint64]int32{}}, older: page{index: map[uint64]int32{}}, most: max(1, bound/2)}
}

// add takes up a purchase; hash is that of its shopper.
func (r *recall) add(hash uint64, p model.Purchase) {
	if len(r.newer.purchases) == r.most {
		r.newer, r.older = r.older, r.newer
		clear(r.newer.index)
		r.newer.purchases, r.newer.text = r.newer.purchases[:0], r.newer.text[:0]
	}
	n := &r.newer
	n.index[hash] = int32(len(n.purchases)) //nolint:gosec // most is far below
	n.purchases = append(n.purchases, remembered{
		purchasedAt: p.PurchasedAt.UnixMicro(),
		ordinal:     int32(p.Ordinal),              //nolint:gosec // at most MaxStock
		text:        uint32(len(n.text)),           //nolint:gosec // most times a few hundred bytes
		shopper:     uint16(len(p.ShopperID)),      //nolint:gosec // at most 64 characters
		key:         uint16(len(p.IdempotencyKey)), //nolint:gosec // as above
	})
	n.text = append(append(n.text, p.ShopperID...), p.IdempotencyKey...)
}

// find is the purchase of a shopper with this hash.
func (r *recall) find(hash uint64, sale model.SaleID, shopperID string) (model.Purchase, bool) {
	for _, half := range []*page{&r.newer, &r.older} {
		i, known := half.index[hash]
		if !known {
			continue
		}
		p := half.purchases[i]
		shopper, key := p.text+uint32(p.shopper), p.text+uint32(p.shopper)+uint32(p.key)
		if string(half.text[p.text:shopper]) != shopperID {
			continue // another one with the same hash
		}
		return model.Purchase{
			SaleID: sale, Ordinal: int(p.ordinal), ShopperID: shopperID,
			IdempotencyKey: string(half.text[shopper:key]), PurchasedAt: time.UnixMicro(p.purchasedAt).UTC(),
		}, true
	}
	return model.Purchase{}, false
}
