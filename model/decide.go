package model

import "time"

// Decision is what Decide made of a batch of orders: what to write, and what to answer.
type Decision struct {
	// Sale is the sale afterwards. Its Version is one higher when anything was sold, else untouched.
	Sale Sale
	// Sold are the new purchases, their ordinals following one another from the sale's Sold + 1.
	Sold []Purchase
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

	bought := make(map[string]Purchase, len(earlier)+len(orders))
	for _, p := range earlier {
		if p.SaleID == sale.ID {
			bought[p.ShopperID] = p
		}
	}
	for i, order := range orders {
		d.Outcomes[i] = d.judge(order, bought, now)
		d.Outcomes[i].Sale = state
	}
	if len(d.Sold) > 0 {
		d.Sale.Version++
	}
	state.Sale = d.Sale
	return d
}

func (d *Decision) judge(order Order, bought map[string]Purchase, now time.Time) Outcome {
	if p, ok := bought[order.ShopperID]; ok {
		if order.IdempotencyKey != "" && order.IdempotencyKey == p.IdempotencyKey {
			return Outcome{Verdict: VerdictReplayed, Purchase: p}
		}
		return Outcome{Verdict: VerdictAlreadyPurchased, Purchase: p}
	}
	switch d.Sale.PhaseAt(now) {
	case PhaseActive:
	case PhaseSoldOut:
		return Outcome{Verdict: VerdictSoldOut}
	default:
		return Outcome{Verdict: VerdictNotActive}
	}
	d.Sale.Sold++
	p := Purchase{
		SaleID:         d.Sale.ID,
		Ordinal:        d.Sale.Sold,
		ShopperID:      order.ShopperID,
		IdempotencyKey: order.IdempotencyKey,
		PurchasedAt:    now,
	}
	d.Sold = append(d.Sold, p)
	bought[order.ShopperID] = p
	return Outcome{Verdict: VerdictSold, Purchase: p}
}
