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
	// maxOpenings is how many changes that open a sale may be under way, of all sales together: each sleeps for
	// leaseRunsOut on a connection that others would sell with.
	maxOpenings = 4
	// openingPatience is how long one waits for its place. Sixty sales can be opened at once.
	openingPatience = 5 * time.Second
)

// errOpens says that a change opens a sale, and has not waited for leases.
var errOpens = errors.New("the change opens the sale")

// Amend makes an operator's change durable, and the record of it. A change that lets a sale sell again first waits
// until nobody refuses to sell from memory (docs/adr/0014). Errors: as wish says; SALE_NOT_FOUND; BUSY when too many
// sales are being opened; as Commit.
func (s *Store) Amend(ctx context.Context, id model.SaleID, wish model.Amendment) (model.State, error) {
	after, err := s.amend(ctx, id, wish, false)
	if errors.Is(err, errOpens) {
		after, err = s.open(ctx, id, wish)
	}
	if errors.Is(err, pg.ErrOutcomeUnknown) {
		s.grounds.of(id).doubted.Store(true) // nobody finds out what became of it
	}
	if err != nil {
		return model.State{}, fmt.Errorf("amend sale %d: %w", id, err)
	}
	s.grounds.of(id).doubted.Store(false) // if anything was in doubt, this was a write to the row
	s.ledger.foresee(id, &after, "")
	return after, nil
}

// open makes a change that opens a sale, when a few others at the most do so.
func (s *Store) open(ctx context.Context, id model.SaleID, wish model.Amendment) (model.State, error) {
	patience := time.NewTimer(s.openingPatience)
	defer patience.Stop()
	select {
	case s.openings <- struct{}{}:
	case <-patience.C:
		return model.State{}, busy("Too many sales are being opened: nothing was changed. Ask again in a moment.", nil)
	}
	defer func() { <-s.openings }()
	return s.amend(ctx, id, wish, true)
}

// amend makes a change, and waits for leases before it, if it is to. Errors: as Amend; errOpens when it ought to.
func (s *Store) amend(
	ctx context.Context, id model.SaleID, wish model.Amendment, waits bool,
) (after model.State, err error) {
	err = s.db.Serializable(ctx, func(ctx context.Context, tx bun.Tx) error {
		if waits {
			// Then nobody has a lease, and nobody gets one before the transaction has ended.
			if err := pg.LockAndWait(ctx, tx, openingKey+int64(id), leaseRunsOut); err != nil {
				return err
			}
		}
		before, _, _, err := load(ctx, tx, id, wanted{})
		if err != nil {
			return err
		}
		last, err := lastChange(ctx, tx, id, wish.Seen)
		if err != nil {
			return err
		}
		sale, err := wish.Apply(before, last)
		if err != nil {
			return err
		}
		changed := sale.Version != before.Version
		if changed {
			sale.Version = before.Version + reach
		}
		after = model.State{Sale: sale, At: before.At}
		if !changed {
			fences := s.grounds.of(id).doubted.Load()
			if fences {
				after.Version += reach
			}
			return confirmReads(ctx, tx, id, fences, true)
		}
		if opens(&before, &after) && !waits {
			return errOpens
		}
		result, err := tx.NewUpdate().Model(&sale).
			Column("stock", "version", "starts_at", "ends_at", "paused_at", "ended_at").
			Where("id = ? AND version = ?", id, before.Version).Exec(ctx)
		if err != nil {
			return fmt.Errorf("write: %w", err)
		}
		if err := touched(result, 1); err != nil {
			return err
		}
		return record(ctx, tx, model.ChangeTo(after, wish.Kind, wish.By))
	})
	return after, err
}

// opens says whether after a change somebody may buy, or hears another reason why not, of a sale in which nobody could
// buy before. When somebody could, or nobody can afterwards either, whatever they hear, nobody waits for it; nor when
// the sale opens as late as before, or later.
func opens(before, after *model.State) bool {
	if before.Phase() == model.PhaseActive {
		return false
	}
	switch after.Phase() {
	case model.PhaseActive:
		return true
	case model.PhaseUpcoming:
		return before.Phase() != model.PhaseUpcoming || after.StartsAt.Before(before.StartsAt)
	case model.PhaseSoldOut:
		return before.Phase() != model.PhaseSoldOut
	default:
		return false
	}
}
