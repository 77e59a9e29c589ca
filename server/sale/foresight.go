package sale

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"stampede/model"
	"stampede/server/pg"
)

// A replica that is alone knows how its next transaction will find the sale: as its last one has left it. If it also
// knows that all who order are strangers, it knows the decision, and need not read before it writes: one statement
// writes what was foreseen if the sale is so, and says how it found it. By that model.Decide judges, as ever. Where the
// sale is not as foreseen, nothing was written, and a transaction that reads first goes its way. See docs/adr/0013.

// errSurprise says that a sale was not as it was foreseen: nothing was written.
var errSurprise = errors.New("the sale is not as it was foreseen")

// surpriseLimit bounds how long after it began a batch that met a surprise is tried again: both ways together must not
// take longer than a caller waits for an answer.
const surpriseLimit = 2 * time.Second

// foresight is how a transaction will find a sale, and the last of its purchases.
type foresight struct {
	sale model.State
	last model.Purchase
}

// foreseen is how a transaction will find the sale, if it is foreseen that every order will be sold a unit.
func (s *Store) foreseen(id model.SaleID, orders []model.Order) (f foresight, ok bool) {
	if !s.alone() || s.doubtful.Load() {
		return f, false
	}
	state, last := s.ledger.foreseen(id, orders)
	if state == nil || state.Phase() != model.PhaseActive || state.Remaining() < len(orders) || !distinct(orders) {
		return f, false
	}
	return foresight{*state, last}, true
}

// distinct says whether each order is another shopper's.
func distinct(orders []model.Order) bool {
	shoppers := make(map[string]struct{}, len(orders))
	for _, o := range orders {
		shoppers[o.ShopperID] = struct{}{}
	}
	return len(shoppers) == len(orders)
}

// commitForeseen sells a unit to every order in one round trip. Errors: errSurprise, or as Commit.
func (s *Store) commitForeseen(
	ctx context.Context, id model.SaleID, f foresight, orders []model.Order,
) (model.Decision, error) {
	var row pg.Row
	tried := false
	err := s.db.Serializable(ctx, func(ctx context.Context, tx bun.Tx) error {
		if tried { // and somebody was in the way
			return errSurprise
		}
		tried = true
		return sell(ctx, tx, &row, f, orders)
	}, lostRace, s.onRetry(id))
	if err != nil {
		return s.findOutForeseen(ctx, f, orders, err)
	}
	state, err := scanSale(&row, id)
	if errors.Is(err, sql.ErrNoRows) {
		return model.Decision{}, errSurprise
	}
	if err != nil {
		return s.findOutForeseen(ctx, f, orders, &pg.AmbiguousError{Cause: err})
	}
	decision := model.Decide(state.Sale, nil, orders, state.At)
	if len(decision.Sold) != len(orders) {
		return s.findOutForeseen(ctx, f, orders, &pg.AmbiguousError{Cause: errMoved})
	}
	return decision, nil
}

// findOutForeseen answers for a commit that has failed. What turns out not to have happened was a surprise: it can be
// tried again.
func (s *Store) findOutForeseen(
	ctx context.Context, f foresight, orders []model.Order, cause error,
) (model.Decision, error) {
	if !errors.Is(cause, pg.ErrOutcomeUnknown) {
		return model.Decision{}, cause
	}
	lost := model.Decide(f.sale.Sale, nil, orders, f.sale.At)
	for i := range lost.Sold {
		lost.Sold[i].PurchasedAt = time.Time{} // only the lost answer knew it
	}
	decision, err := s.findOut(ctx, lost, cause)
	if errors.Is(err, errDidNotHappen) {
		return model.Decision{}, fmt.Errorf("%w: %w", errSurprise, err)
	}
	return decision, err
}
