package sale

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"stampede/model"
)

const (
	// leaseTerm is how long memory refuses on the word of a sale's row, counted from when it was asked for.
	leaseTerm = 250 * time.Millisecond
	// leaseRunsOut is how long an operator's change that lets a sale sell waits for others' leases to run out: longer,
	// for two machines' clocks do not run at the same pace.
	leaseRunsOut = 300 * time.Millisecond
	// leasePause is the shortest time between two requests for the lease of one sale.
	leasePause = 10 * time.Millisecond
	// openingKey is where the keys of the sales that are about to open begin among the database's advisory locks.
	openingKey = 0x4f50_454e << 32
)

// leases say how long memory may refuse to sell where other replicas may let the sale sell again. A lease is had by
// reading the sale's row while no operator's change is about to open it (see Store.Amend), and is good for leaseTerm.
// Such a change first keeps everybody from having another one, and then waits until the last has run out. So nobody who
// asks after the change is refused by what was known before it.
type leases struct {
	store *Store

	mu   sync.Mutex // guards what follows
	held map[model.SaleID]*lease
}

// lease is good for one version of a sale.
type lease struct {
	version int64
	since   time.Time // when the row was asked for
	asked   time.Time // when it was last tried to
	asking  bool
}

func newLeases(store *Store) *leases { return &leases{store: store, held: map[model.SaleID]*lease{}} }

// holds says whether a lease of this state is good, and whether it is time to ask for one: before it has run out, so
// that a crowd is refused without a gap.
func (l *leases) holds(id model.SaleID, version int64) (holds, ask bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	held := l.held[id]
	if held == nil {
		held = &lease{}
		l.held[id] = held
	}
	age := time.Since(held.since)
	holds = held.version == version && age < leaseTerm
	ask = !held.asking && (!holds || age > leaseTerm/2) && time.Since(held.asked) > leasePause
	if ask {
		held.asking, held.asked = true, time.Now()
	}
	return holds, ask
}

// renew asks for a lease. Whoever was told to must call it.
func (l *leases) renew(ctx context.Context, id model.SaleID) error {
	since := time.Now()
	version, free, err := l.store.versionUnlessOpening(ctx, id)
	l.mu.Lock()
	defer l.mu.Unlock()
	held := l.held[id]
	held.asking = false
	if free {
		held.version, held.since = version, since
	}
	return err
}

// versionUnlessOpening reads a sale's version: false while an operator's change is about to open it. Errors:
// SALE_NOT_FOUND; UNAVAILABLE.
//
// The lock comes first, and then the row: once a change has let go of the lock, the row is as the change has left it.
// Only at read committed does a statement see what was committed before it.
func (s *Store) versionUnlessOpening(ctx context.Context, id model.SaleID) (version int64, free bool, err error) {
	committed := &sql.TxOptions{Isolation: sql.LevelReadCommitted}
	err = s.read(ctx, func(ctx context.Context) error {
		return s.db.RunInTx(ctx, committed, func(ctx context.Context, tx bun.Tx) error {
			err := tx.Tx.QueryRowContext(ctx, `SELECT pg_try_advisory_xact_lock_shared($1)`, openingKey+int64(id)).Scan(&free)
			if err != nil || !free {
				return err
			}
			return tx.Tx.QueryRowContext(ctx, `SELECT version FROM sales WHERE id = $1`, id).Scan(&version)
		})
	})
	if errors.Is(err, sql.ErrNoRows) {
		err = saleNotFound()
	}
	if err != nil {
		return 0, false, fmt.Errorf("ask for a lease: %w", err)
	}
	return version, free, nil
}

// opens says whether a change makes what others may be saying from memory untrue to somebody who waits to buy.
func opens(before, after *model.State) bool {
	if before.Phase() == model.PhaseActive {
		return false
	}
	switch after.Phase() {
	case model.PhaseActive, model.PhaseUpcoming:
		return true
	case model.PhaseSoldOut:
		return before.Phase() != model.PhaseSoldOut
	default: // nobody can buy, whatever they hear; another change opens it
		return false
	}
}

// errOpens says that a change opens a sale, and has not waited for leases.
var errOpens = errors.New("the change opens the sale")

// waitForLeases is the first statement of a transaction that opens a sale. When it returns, nobody has a lease, and
// nobody gets one before the transaction has ended.
func waitForLeases(ctx context.Context, tx bun.Tx, id model.SaleID) error {
	_, err := tx.Tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1), pg_sleep($2)`,
		openingKey+int64(id), leaseRunsOut.Seconds())
	if err != nil {
		return fmt.Errorf("wait for leases: %w", err)
	}
	return nil
}
