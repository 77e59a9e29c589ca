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

// A replica knows how its next transaction will find a sale: as its last one has left it, but for what others have sold
// since. If it also takes all who order for strangers, it foresees the decision, a unit for each, and need not read
// before it writes: one statement writes that if the sale allows it, and says how it found it. By that model.Decide
// judges, as ever; that nobody had bought before is what the unique constraint says. Where it is not as foreseen,
// nothing was written, and a transaction that reads first goes its way. See docs/adr/0013.

// errSurprise says that a sale was not as it was foreseen: nothing was written.
var errSurprise = errors.New("the sale is not as it was foreseen")

// surpriseLimit bounds how long after it began a batch that met a surprise is tried again: both ways together must not
// take longer than a caller waits for an answer.
const surpriseLimit = 2 * time.Second

// calmAgain is how long nothing is foreseen beside another replica after a surprise: buyers of the other one are about,
// or it sells so much more that this one is too far behind.
const calmAgain = time.Second

// foresight is how a transaction will find a sale, and which of its purchases the ledger has seen.
type foresight struct {
	sale  model.State
	place string // where the sale's row lies, as PostgreSQL's ctid; empty: nobody knows
	seen  seen
	reach int // how many versions it is good for, from the sale's on
}

// foreseen is how a transaction will find the sale, if it is foreseen that every order will be sold a unit.
func (s *Store) foreseen(id model.SaleID, orders []model.Order) (f foresight, ok bool) {
	state, place, known := s.ledger.foreseen(id, orders)
	if state == nil || s.grounds.of(id).doubted.Load() ||
		state.Phase() != model.PhaseActive || state.Remaining() < len(orders) || !distinct(orders) {
		return f, false
	}
	f = foresight{sale: *state, place: place, seen: known, reach: 1}
	if s.alone() {
		return f, state.Sold == known.ordinal
	}
	// The others move the row. Of their buyers the ledger does not know: they seldom ask here.
	f.place, f.reach = "", reach
	return f, !s.surprised.within(calmAgain)
}

// inTheWay is called when another transaction was in the way of what was foreseen. That a shopper had bought tells of
// the past, and not of another replica.
func (s *Store) inTheWay(sqlstate string) {
	if sqlstate == uniqueViolation {
		s.surprised.isNow()
	} else {
		s.NoteRival()
	}
}

// distinct says whether each order is another shopper's.
func distinct(orders []model.Order) bool {
	shoppers := make(map[string]struct{}, len(orders))
	for _, o := range orders {
		shoppers[o.ShopperID] = struct{}{}
	}
	return len(shoppers) == len(orders)
}

// commitForeseen sells a unit to every order in one round trip; place is where it has left the sale's row. Errors:
// errSurprise, or as Commit.
func (s *Store) commitForeseen(
	ctx context.Context, id model.SaleID, f foresight, orders []model.Order,
) (decision model.Decision, place string, err error) {
	var row pg.Row
	tried := false
	err = s.db.Serializable(ctx, func(ctx context.Context, tx bun.Tx) error {
		if tried { // and somebody was in the way
			return errSurprise
		}
		tried = true
		return sell(ctx, tx, &row, f, orders)
	}, lostRace, s.onRetry(id, s.inTheWay))
	if err != nil {
		decision, err = s.findOutForeseen(ctx, f, orders, err)
		return decision, "", err
	}
	state, place, err := f.asFound(&row)
	if errors.Is(err, sql.ErrNoRows) {
		s.surprised.isNow()
		return decision, "", errSurprise
	}
	if err == nil {
		decision = model.Decide(state.Sale, nil, orders, state.At)
		if len(decision.Sold) == len(orders) {
			return decision, place, nil
		}
		err = errMoved
	}
	decision, err = s.findOutForeseen(ctx, f, orders, &pg.AmbiguousError{Cause: err})
	return decision, "", err
}

// asFound is the sale as the statement has found it, which may be another than was foreseen, and where it left the row.
func (f *foresight) asFound(row *pg.Row) (state model.State, place string, err error) {
	state = f.sale
	var endsAt sql.NullTime
	err = row.Scan(&state.Stock, &state.Sold, &state.Version, &state.StartsAt, &endsAt, &state.At, &place)
	state.EndsAt = endsAt.Time
	return state, place, err
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
	decision, err := s.findOut(ctx, lost, f.reach > 1, cause)
	if errors.Is(err, errDidNotHappen) {
		return model.Decision{}, fmt.Errorf("%w: %w", errSurprise, err)
	}
	return decision, err
}
