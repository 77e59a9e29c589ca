// Package sale is the purchase engine: Service checks and asks memory, Batcher gathers, Store commits.
package sale

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"stampede/model"
)

// Board is the live state of every sale: the engine asks it, and tells it what has been committed.
type Board interface {
	// Latest is a sale as it stands now; false when there is none; an error when memory is too old to say how it stands.
	Latest(id model.SaleID) (model.State, bool, error)
	// Publish announces a committed state, here and to the other replicas. It never waits for anyone.
	Publish(sale model.Sale)
}

// Service sells, and carries out what operators ask. It satisfies graph.Sales.
type Service struct {
	*Store
	board   Board
	batcher *Batcher
	memory  *memory
}

// New makes a service that writes to store and announces on board, within limits. Close ends it.
func New(store *Store, board Board, limits Limits, log *slog.Logger) *Service {
	s := &Service{Store: store, board: board, memory: newMemory(store, log)}
	// What has become durable is announced before its callers are answered.
	s.batcher = NewBatcher(metered{store}, s.announce, limits, log)
	return s
}

// announce tells of what has become durable. What others have sold before, a replica that is alone now catches up with,
// so that it foresees what comes; beside others it would always be behind.
func (s *Service) announce(d model.Decision) {
	s.board.Publish(d.Sale)
	if s.alone() {
		s.memory.catchUp(d.Sale)
	}
}

// Close lets everything that was accepted get its answer, refuses the rest as BUSY, and returns when all is done
// or ctx ends. Closing twice is fine.
func (s *Service) Close(ctx context.Context) error {
	return errors.Join(s.batcher.Close(ctx), s.memory.close(ctx))
}

// Purchase answers what became of an order: from memory where memory is sure, else once it is durable. A success never
// comes from memory, unless it is the answer to an earlier one. See graph.Sales for the errors.
func (s *Service) Purchase(ctx context.Context, id model.SaleID, order model.Order) (*model.Outcome, error) {
	came, done := time.Now(), ctx.Done()
	outcome, found, err := s.fromMemory(id, order)
	if outcome == nil && err == nil {
		outcome, err = s.batcher.Do(ctx, id, order)
	}
	if (found || err == nil) && !left(ctx, done) {
		s.meters.of(id).answered(outcome, err, time.Since(came))
	}
	return outcome, err
}

// left says that the caller has gone, who then hears no answer. A channel is one look; ctx itself is a dozen values,
// one in the other, which no cache holds any more after the wait.
func left(ctx context.Context, done <-chan struct{}) bool {
	select {
	case <-done:
		return errors.Is(ctx.Err(), context.Canceled)
	default:
		return false
	}
}

// fromMemory is what memory answers, nil when it is not sure, and whether it knows the sale. Errors: SALE_NOT_FOUND;
// BUSY when memory is too old to say that.
//
// It is apart from Purchase for its many variables' sake: what waits for a commit shall stand on a stack of 8 KB, or
// each collection halves a thousand stacks, and each shopper after it waits for one to grow (docs/adr/0007).
func (s *Service) fromMemory(id model.SaleID, order model.Order) (outcome *model.Outcome, found bool, err error) {
	state, found, err := s.board.Latest(id)
	switch {
	case err != nil && found: // memory is too old
		return nil, found, nil // the database answers
	case err != nil: // a made-up id costs no transaction just when these are dear
		return nil, false, busy("The server knows of no such sale, and cannot look just now: ask again.", err)
	case !found:
		return nil, false, saleNotFound()
	default:
		return s.memory.answer(&state, order), true, nil
	}
}

// Schedule makes a new sale. Errors: model.Problems; BUSY; OUTCOME_UNKNOWN: whoever asks again may make a second one.
func (s *Service) Schedule(ctx context.Context, by string, plan model.Plan) (model.State, error) {
	state, err := s.Create(ctx, by, plan)
	if err != nil {
		return model.State{}, s.batcher.explain(err, 0, 0, ofPlans)
	}
	s.board.Publish(state.Sale)
	return state, nil
}

// Change applies an operator's change between two batches of purchases: whoever asks to buy after it has answered
// is judged by the changed sale. Errors: as Batcher.Change.
func (s *Service) Change(ctx context.Context, id model.SaleID, wish model.Amendment) (model.State, error) {
	if _, found, err := s.board.Latest(id); err == nil && !found {
		return model.State{}, noSaleToChange()
	}
	return s.batcher.Change(ctx, id, wish)
}
