package model

import "time"

// Decision is what Decide made of a batch of orders: what to write, and what to answer.
type Decision struct {
	// Sale is the sale afterwards. Its Version is one higher when anything was sold, else untouched.
	Sale Sale
	// Sold are the new purchases, their ordinals following one another from the sale's Sold + 1.
	Sold []Purchase
	// Fenced says that the store has moved the sale's version on though nothing was sold, so as to be sure of that.
	Fenced bool
	// Outcomes answer the orders, one each, in their order.
	Outcomes []Outcome
}

// Decide is the whole rule book of buying. It judges orders first come, first served, against sale and the earlier
// purchases of these orders' shoppers in it, at now:
//
//  1. who has bought before gets that purchase again: REPLAYED for the same key, else ALREADY_PURCHASED;
//  2. outside the active phase: SALE_NOT_ACTIVE, or SOLD_OUT when no unit is left;
//  3. else the next unit is theirs: SOLD.
//
// A shopper who stands in orders twice buys once. Earlier purchases of others, or of other sales, are ignored.
func Decide(sale Sale, earlier []Purchase, orders []Order, now time.Time) Decision {
	state := &State{At: now}
	d := Decision{Sale: sale, Outcomes: make([]Outcome, len(orders))}

	bought := make(map[string]*Purchase, len(earlier)+len(orders))
	for i := range earlier {
		if p := &earlier[i]; p.SaleID == sale.ID {
			bought[p.ShopperID] = p
		}
	}
	for i := range orders {
		d.judge(&d.Outcomes[i], orders[i], bought, now)
		d.Outcomes[i].Sale = state
	}
	if len(d.Sold) > 0 {
		d.Sale.Version++
	}
	state.Sale = d.Sale
	return d
}

func (d *Decision) judge(o *Outcome, order Order, bought map[string]*Purchase, now time.Time) {
	if p := bought[order.ShopperID]; p != nil {
		o.Verdict, o.Purchase = VerdictAlreadyPurchased, *p
		if order.IdempotencyKey != "" && order.IdempotencyKey == p.IdempotencyKey {
			o.Verdict = VerdictReplayed
		}
		return
	}
	switch d.Sale.PhaseAt(now) {
	case PhaseActive:
	case PhaseSoldOut:
		o.Verdict = VerdictSoldOut
		return
	default:
		o.Verdict = VerdictNotActive
		return
	}
	if d.Sold == nil {
		d.Sold = make([]Purchase, 0, len(d.Outcomes)) // room for all: bought points into it
	}
	d.Sale.Sold++
	o.Verdict, o.Purchase = VerdictSold, Purchase{
		SaleID:         d.Sale.ID,
		Ordinal:        d.Sale.Sold,
		ShopperID:      order.ShopperID,
		IdempotencyKey: order.IdempotencyKey,
		PurchasedAt:    now,
	}
	d.Sold = append(d.Sold, o.Purchase)
	bought[order.ShopperID] = &d.Sold[len(d.Sold)-1]
}
