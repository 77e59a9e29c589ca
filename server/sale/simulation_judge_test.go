package sale //nolint:testpackage // as the simulation that it judges

import (
	"stampede/model"
	"stampede/server/pg"
)

// judge holds the end of a simulation against the promises.
func (w *world) judge() {
	if len(w.b.lanes) != 0 {
		w.broken("a lane is left: %d", len(w.b.lanes))
	}
	for id, table := range w.table {
		w.judgeTable(id, table)
	}
	for _, a := range w.amends {
		select {
		case <-a.done:
		default:
			w.broken("an operator has no answer")
		}
	}
	last := map[model.SaleID]int{} // the last ordinal that was sold to somebody who stood in line
	for i, a := range w.asked {
		if len(a.answer) != 1 {
			w.broken("order %d has %d answers", i, len(a.answer))
			return
		}
		got := <-a.answer
		w.owed[model.CodeOf(got.err)]--
		w.judgeAnswer(i, a, got, last)
	}
	if busy, unknown := w.owed[model.CodeBusy], w.owed[model.CodeOutcomeUnknown]; busy != 0 || unknown != 0 {
		w.broken("%d answers too few that nothing was bought, and %d that it is not known", busy, unknown)
	}
}

func (w *world) judgeTable(id model.SaleID, table *simTable) {
	if table.sale.Sold > table.sale.Stock || table.sale.Sold != len(table.purchases) {
		w.broken("sale %d: sold %d of %d, %d purchases", id, table.sale.Sold, table.sale.Stock, len(table.purchases))
	}
	owners := map[string]bool{}
	for i, p := range table.purchases {
		if p.Ordinal != i+1 {
			w.broken("sale %d: ordinal %d in place %d", id, p.Ordinal, i+1)
		}
		if owners[p.ShopperID] {
			w.broken("sale %d: %s bought twice", id, p.ShopperID)
		}
		owners[p.ShopperID] = true
	}
}

func (w *world) judgeAnswer(i int, a *asked, got answer, last map[model.SaleID]int) {
	table := w.table[a.id]
	var owned *model.Purchase
	for _, p := range table.purchases {
		if p.ShopperID == a.order.ShopperID {
			owned = &p
		}
	}
	switch {
	case got.err != nil:
		poisoned := a.order.ShopperID == simPoison
		code := model.CodeOf(got.err)
		if poisoned && !pg.IsDataError(got.err) && code != model.CodeBusy && code != model.CodeOutcomeUnknown {
			w.broken("order %d is poisoned and got %w", i, got.err)
		}
		if !poisoned && code != model.CodeBusy && code != model.CodeOutcomeUnknown {
			w.broken("order %d suffers for a neighbour: %w", i, got.err)
		}
	case got.outcome.Verdict == model.VerdictSold:
		if owned == nil || *owned != got.outcome.Purchase {
			w.broken("order %d was confirmed and is not in the table", i)
		}
		if ordinal := got.outcome.Purchase.Ordinal; ordinal <= last[a.id] {
			w.broken("order %d was served out of turn: %d after %d", i, ordinal, last[a.id])
		} else {
			last[a.id] = ordinal
		}
	case got.outcome.Verdict == model.VerdictReplayed, got.outcome.Verdict == model.VerdictAlreadyPurchased:
		if owned == nil || *owned != got.outcome.Purchase {
			w.broken("order %d was shown a purchase that is not in the table", i)
		}
	case got.outcome.Verdict == model.VerdictSoldOut:
		if owned != nil && owned.Ordinal <= got.outcome.Sale.Sold {
			w.broken("order %d was refused, and had bought", i)
		}
		if got.outcome.Sale.Remaining() > 0 {
			w.broken("order %d: a false sold-out", i)
		}
	default:
		w.broken("order %d: %s", i, got.outcome.Verdict)
	}
}
