package sale

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"stampede/model"
	"stampede/server/pg"
)

const (
	// findOutLimit bounds how long a lost answer of COMMIT is looked for.
	findOutLimit = 5 * time.Second
	findOutPause = 50 * time.Millisecond
)

// errDidNotHappen says for certain that a lost commit is not in the database, and never will be.
var errDidNotHappen = errors.New("a commit was lost, and did not happen")

// findOut answers for a decision whose COMMIT got no answer: the decision when it turns out to have happened, an error
// that says that nothing was written when it has not, and pg.ErrOutcomeUnknown when that could not be found out in
// time.
//
// Where others may have sold before it, its ordinals may be ahead of the decided ones.
//
// It asks by a transaction that writes to the sale's row. So it waits for the lost transaction, should that still hold
// the row, and what it reports is as durable as its own COMMIT: a plain read may see what a failover then loses.
func (s *Store) findOut(
	ctx context.Context, lost model.Decision, others bool, cause error,
) (model.Decision, error) {
	ctx, cancel := context.WithTimeout(ctx, findOutLimit)
	defer cancel()
	for {
		found, state, err := s.lookFor(ctx, lost, others)
		switch {
		case err == nil && found != nil:
			return asFound(lost, found, state), nil
		case err == nil: // the row moved on
			return model.Decision{}, fmt.Errorf("%w: %s", errDidNotHappen, cause.Error())
		}
		if !pause(ctx, findOutPause) {
			s.grounds.of(lost.Sale.ID).doubted.Store(true)
			return model.Decision{}, fmt.Errorf("%w; and then: %w", cause, err)
		}
	}
}

// lookFor finds the purchases of a decision in the table, by shopper: nil when they don't all stand there in this very
// form, which means that none of them does by this decision.
func (s *Store) lookFor(
	ctx context.Context, lost model.Decision, others bool,
) (found map[string]model.Purchase, state model.State, err error) {
	limit := time.Second
	if deadline, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(deadline))
	}
	id := lost.Sale.ID
	shoppers := make([]string, len(lost.Sold))
	for i, p := range lost.Sold {
		shoppers[i] = p.ShopperID
	}
	err = s.db.Serializable(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := fence(ctx, tx, id); err != nil {
			return err
		}
		now, earlier, _, err := load(ctx, tx, id, wantedAll(shoppers))
		if err != nil {
			return err
		}
		state, found = now, make(map[string]model.Purchase, len(earlier))
		for _, p := range earlier {
			found[p.ShopperID] = p
		}
		return nil
	}, pg.TxTimeout(limit), pg.CommitTimeout(limit))
	if err != nil {
		return nil, state, err
	}
	s.grounds.of(id).doubted.Store(false)
	if !happened(lost, found, others) {
		found = nil
	}
	return found, state, nil
}

// happened says whether the purchases that were found are those of a decision: in a row, of one instant, and with the
// decided ordinals, or later ones where others may have sold before. The decided instant is zero where nobody knows it.
func happened(d model.Decision, found map[string]model.Purchase, others bool) bool {
	first := found[d.Sold[0].ShopperID]
	ahead := first.Ordinal - d.Sold[0].Ordinal
	for _, p := range d.Sold {
		f := found[p.ShopperID]
		if f.IdempotencyKey != p.IdempotencyKey || f.Ordinal != p.Ordinal+ahead || !f.PurchasedAt.Equal(first.PurchasedAt) ||
			!p.PurchasedAt.IsZero() && !f.PurchasedAt.Equal(p.PurchasedAt) {
			return false
		}
	}
	return ahead == 0 || ahead > 0 && others
}

// asFound is a decision that turned out to have happened, told as it stands in the table.
func asFound(d model.Decision, found map[string]model.Purchase, state model.State) model.Decision {
	d.Sale = state.Sale
	for i, p := range d.Sold {
		d.Sold[i] = found[p.ShopperID]
	}
	for i := range d.Outcomes {
		o := &d.Outcomes[i]
		o.Sale = &state
		if p, ok := found[o.Purchase.ShopperID]; ok {
			o.Purchase = p
		}
	}
	return d
}

func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
