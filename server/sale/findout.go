package sale

import (
	"context"
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

// findOut answers for a decision whose COMMIT got no answer: the decision when it turns out to have happened, an error
// that says that nothing was written when it has not, and pg.ErrOutcomeUnknown when that could not be found out in
// time.
//
// It asks by a transaction that writes to the sale's row. So it waits for the lost transaction, should that still hold
// the row, and what it reports is as durable as its own COMMIT: a plain read may see what a failover then loses.
func (s *Store) findOut(ctx context.Context, lost model.Decision, cause error) (model.Decision, error) {
	ctx, cancel := context.WithTimeout(ctx, findOutLimit)
	defer cancel()
	for {
		happened, state, err := s.lookFor(ctx, lost)
		switch {
		case err == nil && happened:
			lost.Sale = state.Sale
			for i := range lost.Outcomes {
				lost.Outcomes[i].Sale = &state
			}
			return lost, nil
		case err == nil:
			// It has not happened and never will: the row moved on.
			return model.Decision{}, fmt.Errorf("a commit was lost, and did not happen: %s", cause.Error())
		}
		if !pause(ctx, findOutPause) {
			s.doubtful.Store(true)
			return model.Decision{}, fmt.Errorf("%w; and then: %w", cause, err)
		}
	}
}

// lookFor says whether the first purchase of a decision stands in the table, in this very form; with it stand or fall
// the others.
func (s *Store) lookFor(ctx context.Context, lost model.Decision) (happened bool, state model.State, err error) {
	first := lost.Sold[0]
	limit := time.Second
	if deadline, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(deadline))
	}
	err = s.db.Serializable(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := fence(ctx, tx, first.SaleID); err != nil {
			return err
		}
		found, earlier, _, err := load(ctx, tx, first.SaleID, wantedAll([]string{first.ShopperID}))
		if err != nil {
			return err
		}
		state = found
		happened = len(earlier) == 1 && earlier[0].Ordinal == first.Ordinal &&
			earlier[0].IdempotencyKey == first.IdempotencyKey && earlier[0].PurchasedAt.Equal(first.PurchasedAt)
		return nil
	}, pg.TxTimeout(limit), pg.CommitTimeout(limit))
	if err != nil {
		return false, state, err
	}
	s.doubtful.Store(false)
	return happened, state, nil
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
