package sale

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/uptrace/bun"

	"stampede/model"
	"stampede/server/pg"
)

// MaxSales is how many sales a database may hold: every replica keeps all of them in memory.
const MaxSales = 10_000

// turnKey is where the keys of the sales' turns begin among the database's advisory locks.
const turnKey = 0x5741_4d50 << 32

// Store makes decisions durable. Every write runs in a serializable transaction that is tried again on conflicts.
type Store struct {
	db       *pg.DB
	turns    *pg.Turns
	log      *slog.Logger
	reads    chan struct{} // holds one for each read of purchases that is under way
	ledger   *ledger
	grounds  *allGrounds
	renewals chan struct{} // holds one for each lease that is being asked for
	meters   meters
	// openings holds one for each change that opens a sale and is under way: each holds a connection while it waits.
	openings        chan struct{}
	openingPatience time.Duration // with its place among them
	rival           moment        // another replica was noticed: turns are taken for a while after that
	surprised       moment        // a sale was not as it was foreseen
}

// NewStore makes a store on a migrated database. The turns may be nil: there is one replica, or it does not mind
// conflicts.
func NewStore(db *pg.DB, turns *pg.Turns, log *slog.Logger) *Store {
	return &Store{
		db: db, turns: turns, log: log, reads: make(chan struct{}, maxReads), ledger: newLedger(),
		grounds: newGrounds(), renewals: make(chan struct{}, maxRenewals),
		openings: make(chan struct{}, maxOpenings), openingPatience: openingPatience,
	}
}

// errMoved says that the guarded update found another state than the transaction had read. Serializable isolation
// makes that impossible; should it fail us, the guard holds and nothing is written.
var errMoved = errors.New("the sale moved under a serializable transaction")

// lostRace names the constraints that another replica's batch can make ours violate: that is a conflict like any
// other, and a fresh transaction sees the rows that were in its way.
var lostRace = pg.RetryUnique("purchases_pkey", "one_per_shopper")

const (
	connectionException = "08" // the class of SQLSTATEs that tell of a connection
	uniqueViolation     = "23505"
)

// rivalMemory is how long this replica takes turns after it has noticed another one.
const rivalMemory = 30 * time.Second

// NoteRival says that another replica writes to the sales of this database: turns are worth their two round trips.
func (s *Store) NoteRival() { s.rival.isNow() }

// Forget lets go of what is known by heart about who has bought, in every sale. It is read up again in the background.
func (s *Store) Forget() { s.ledger.forgetAll() }

// Turn waits until it is this replica's turn to write to the sale, and returns what ends it. It comes back after 2 s at
// the latest, with the turn or without: turns save conflicts, they guarantee nothing. A replica that has not noticed
// another one, by its notifications or by a conflict, is alone and takes none.
func (s *Store) Turn(ctx context.Context, id model.SaleID) (end func()) {
	if s.turns == nil || s.alone() {
		return func() {}
	}
	turn, err := s.turns.Take(ctx, turnKey+int64(id))
	if err != nil {
		s.log.DebugContext(ctx, "going on without a turn", "sale", id, "err", err)
	}
	return turn.End
}

// alone says whether no other replica has been noticed for a while.
func (s *Store) alone() bool { return !s.rival.within(rivalMemory) }

// moment is when something last happened; the zero value: never. It keeps the reading of the clock that nobody sets: by
// the wall clock, an hour set back would be an hour of turns that nobody needs.
type moment struct{ atomic.Pointer[time.Time] }

func (m *moment) isNow() { m.Store(new(time.Now())) }

// within says whether it happened, and not longer ago.
func (m *moment) within(d time.Duration) bool {
	at := m.Load()
	return at != nil && time.Since(*at) <= d
}

// Commit decides on orders by model.Decide, on the sale and their earlier purchases as a transaction reads them, and
// makes the decision durable. Errors: SALE_NOT_FOUND; pg.ErrOutcomeUnknown when the COMMIT's answer was lost and could
// not be found out within 5 s; after any other nothing was written.
func (s *Store) Commit(ctx context.Context, id model.SaleID, orders []model.Order) (model.Decision, error) {
	began, history := time.Now(), s.ledger.history.Load()
	decision, place, err := model.Decision{}, "", errSurprise
	if f, ok := s.foreseen(id, orders); ok {
		decision, place, err = s.commitForeseen(ctx, id, f, orders)
	}
	if errors.Is(err, errSurprise) && time.Since(began) < surpriseLimit {
		decision, err = s.commitRead(ctx, id, orders)
	}
	if err != nil {
		s.ledger.foresee(id, nil, "")
		return model.Decision{}, fmt.Errorf("commit %d orders: %w", len(orders), err)
	}
	s.ledger.note(history, decision.Sale, decision.Sold)
	if len(decision.Outcomes) > 0 {
		s.leaseByWriting(decision, history, began)
		s.ledger.foresee(id, decision.Outcomes[0].Sale, place)
	}
	return decision, nil
}

// commitRead loads the sale and the orders' earlier purchases (but of those whom the ledger knows for strangers), lets
// model.Decide judge, and writes what was sold: one statement that inserts all rows and updates the sale under a guard.
// Errors: as Commit.
func (s *Store) commitRead(ctx context.Context, id model.SaleID, orders []model.Order) (model.Decision, error) {
	var decision model.Decision
	var written sql.Result
	var earlier []model.Purchase
	fenced, lost := false, false
	history, wanted := s.ledger.history.Load(), s.wantedBy(id, orders)
	err := s.db.Serializable(ctx, func(ctx context.Context, tx bun.Tx) error {
		written = nil
		state, found, known, err := load(ctx, tx, id, wanted)
		if err != nil {
			return err
		}
		lost, earlier = lost || !known, found
		decision = model.Decide(state.Sale, earlier, orders, state.At)
		if len(decision.Sold) == 0 {
			fenced = s.grounds.of(id).doubted.Load() || s.unsealed(&state)
			return confirmReads(ctx, tx, id, fenced, len(earlier) > 0)
		}
		written, err = write(ctx, tx, state.Sale, decision.Sold)
		return err
	}, lostRace, s.onRetry(id, func(string) { s.NoteRival() }), pg.OnRetry(func(string) {
		wanted.suspects = wanted.shoppers // the second time the ledger's word is not taken for it
	}))
	if err == nil && written != nil {
		err = touched(written, len(decision.Sold))
	}
	if err != nil && errors.Is(err, pg.ErrOutcomeUnknown) && len(decision.Sold) > 0 {
		decision, err = s.findOut(ctx, decision, false, err)
	} else if err == nil && len(decision.Sold) > 0 {
		s.grounds.of(id).doubted.Store(false)
	} else if err == nil && fenced {
		s.fenced(&decision, history)
	}
	if err != nil {
		return decision, err
	}
	if lost {
		s.log.WarnContext(ctx, "the database has lost purchases that it had", "sale", id)
		s.ledger.forget(id)
	}
	s.ledger.recognise(history, id, earlier)
	return decision, nil
}

// onRetry counts what had to be tried again, and tells of a conflict: another transaction was in the way. A connection
// that was lost tells of nobody, and not even that there is such a sale.
func (s *Store) onRetry(id model.SaleID, conflict func(sqlstate string)) pg.TxOption {
	return pg.OnRetry(func(sqlstate string) {
		if strings.HasPrefix(sqlstate, connectionException) {
			s.meters.known(id).retried(sqlstate)
			return
		}
		s.meters.of(id).retried(sqlstate)
		conflict(sqlstate)
	})
}

// wantedBy says whose earlier purchases a transaction has to read. Of most shoppers the ledger knows that there are
// none, provided that the sale has sold as many as the ledger has seen: that, the transaction itself finds out.
func (s *Store) wantedBy(id model.SaleID, orders []model.Order) wanted {
	w := wanted{shoppers: make([]string, len(orders))}
	for i, o := range orders {
		w.shoppers[i] = o.ShopperID
	}
	w.suspects, w.seen = s.ledger.suspects(id, orders)
	return w
}

// confirmReads makes a transaction that has nothing to write wait for the disk and the standby all the same, when it
// tells of earlier purchases, or while something from before may still come: then it moves the sale's version on.
func confirmReads(ctx context.Context, tx bun.Tx, id model.SaleID, fences, tells bool) error {
	switch {
	case fences:
		return fence(ctx, tx, id)
	case tells:
		return confirm(ctx, tx)
	default:
		return nil
	}
}

// confirmAll returns nil once everything that was read before is durable.
func (s *Store) confirmAll(ctx context.Context) error { return s.db.Serializable(ctx, confirm) }

// Create makes a new sale of an operator's plan, and the record of it. Errors: model.Problems; as Commit.
func (s *Store) Create(ctx context.Context, by string, plan model.Plan) (model.State, error) {
	var created model.State
	err := s.db.Serializable(ctx, func(ctx context.Context, tx bun.Tx) error {
		var now time.Time
		var sales int
		err := tx.NewSelect().ColumnExpr("now(), (SELECT count(*) FROM sales)").Scan(ctx, &now, &sales)
		if err != nil {
			return fmt.Errorf("count sales: %w", err)
		}
		if sales >= MaxSales {
			return model.Problems{{Code: model.CodeConflict, Message: "This server holds as many sales as it can."}}
		}
		sale, err := model.Schedule(plan, now)
		if err != nil {
			return err
		}
		if _, err := tx.NewInsert().Model(&sale).Returning("id").Exec(ctx); err != nil {
			return fmt.Errorf("insert sale: %w", err)
		}
		created = model.State{Sale: sale, At: now}
		return record(ctx, tx, model.ChangeTo(created, model.Scheduled, by))
	})
	if err != nil {
		return model.State{}, fmt.Errorf("create sale: %w", err)
	}
	return created, nil
}
