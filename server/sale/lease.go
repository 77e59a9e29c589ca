package sale

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"stampede/model"
)

const (
	// leaseTerm is how long memory refuses on the word of a sale's row, counted from before it was asked for.
	leaseTerm = 250 * time.Millisecond
	// leaseRunsOut is how long an operator's change that lets a sale sell waits for leases to run out: longer, for two
	// machines' clocks do not run at the same pace.
	leaseRunsOut = 300 * time.Millisecond
	// leasePause is the shortest time between two requests for the lease of one sale. It doubles with each that fails,
	// up to leaseTerm.
	leasePause = 10 * time.Millisecond
	// maxRenewals is how many leases are asked for at a time.
	maxRenewals = 2
	// openingKey is where the keys of the sales that are about to open begin among the database's advisory locks.
	openingKey = 0x4f50_454e << 32
)

// lease says how long memory may refuse to sell, for any replica may let a sale sell again. It is had by reading the
// sale's row while no operator's change is about to open it (see Store.Amend), and is good for leaseTerm. Such a change
// first keeps everybody from having another one, and then waits until the last has run out. So nobody who asks after
// the change is refused by what was known before it.
//
// Whoever writes to the row, so that nobody can buy after it, has a lease, too: had the change begun before that, it
// would have to begin anew.
//
// It is good for one version of the sale, and for what the ledger knows as long as it forgets nothing. The zero value
// has run out.
type lease struct {
	mu               sync.Mutex // guards what follows
	version, history int64
	since            time.Time // the instant before it was asked for
	asking           bool
	next             time.Time // when it may be asked for again
	pause            time.Duration
}

// holds says whether the lease is good at now, and whether it is to be asked for: before it has run out, so that a
// crowd is refused without a gap.
func (l *lease) holds(version, history int64, now time.Time) (holds, ask bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	age := now.Sub(l.since)
	holds = l.version == version && l.history == history && age < leaseTerm
	ask = !l.asking && (!holds || age > leaseTerm/2) && now.After(l.next)
	l.asking = l.asking || ask
	return holds, ask
}

// grant gives a lease that was asked for after since, if it is newer than the one that is held.
func (l *lease) grant(version, history int64, since time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if since.After(l.since) {
		l.version, l.history, l.since = version, history, since
	}
}

// asked ends what holds has begun.
func (l *lease) asked(granted bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asking = false
	l.pause = min(2*max(l.pause, leasePause), leaseTerm)
	if granted {
		l.pause = leasePause
	}
	l.next = time.Now().Add(l.pause)
}

// leased says whether memory may refuse by this state, and whether a lease is to be renewed.
func (s *Store) leased(state *model.State) (leased, ask bool) {
	return s.grounds.of(state.ID).lease.holds(state.Version, s.ledger.history.Load(), time.Now())
}

// renew asks for a lease of a sale that is known to stand in this way. There is none while a change is about to open
// it, nor when the row or its last purchase are not what they are known to be, for the database may have another
// history, nor when it is only by this server's clock that nobody can buy. Whoever was told to ask calls it; when too
// many do, it asks for nothing.
func (s *Store) renew(ctx context.Context, known model.Sale) error {
	lease, granted := &s.grounds.of(known.ID).lease, false
	defer func() { lease.asked(granted) }()
	select {
	case s.renewals <- struct{}{}:
	default:
		return nil // the database refuses meanwhile
	}
	defer func() { <-s.renewals }()
	ctx, cancel := context.WithTimeout(ctx, leaseTerm)
	defer cancel()
	history, seen, since := s.ledger.history.Load(), s.ledger.seen(known.ID), time.Now()
	state, last, free, err := s.readUnlessOpening(ctx, known.ID)
	if err != nil {
		return err
	}
	same := state.StandsAs(&known) && (state.Sold == 0 || seen.is(last))
	if granted = free && same && settled(&state); granted {
		lease.grant(state.Version, history, since)
	}
	return nil
}

// leaseByWriting is the lease of who has written to the row, in a transaction that began after since, if nobody can buy
// any more.
func (s *Store) leaseByWriting(d model.Decision, history int64, since time.Time) {
	if (len(d.Sold) > 0 || d.Fenced) && settled(d.Outcomes[0].Sale) {
		s.grounds.of(d.Sale.ID).lease.grant(d.Sale.Version, history, since)
	}
}

const leaseSQL = `
SELECT stock, sold, version, starts_at, ends_at, paused_at, ended_at, now(),
       coalesce(last.shopper_id, ''), last.purchased_at
FROM sales
LEFT JOIN LATERAL (
    SELECT shopper_id, purchased_at FROM purchases WHERE sale_id = $1 AND ordinal = sold
) AS last ON true
WHERE id = $1`

// readUnlessOpening reads what changes of a sale, and its last purchase; it is not free while a change is about to open
// the sale. Errors: SALE_NOT_FOUND; why the database did not answer.
func (s *Store) readUnlessOpening(
	ctx context.Context, id model.SaleID,
) (state model.State, last model.Purchase, free bool, err error) {
	var endsAt, pausedAt, endedAt, purchasedAt sql.NullTime
	free, err = s.db.ReadUnlessLocked(ctx, openingKey+int64(id), []any{
		&state.Stock, &state.Sold, &state.Version, &state.StartsAt, &endsAt, &pausedAt, &endedAt, &state.At,
		&last.ShopperID, &purchasedAt,
	}, leaseSQL, id)
	if errors.Is(err, sql.ErrNoRows) {
		err = saleNotFound()
	}
	if err != nil {
		return state, last, false, fmt.Errorf("ask for a lease: %w", err)
	}
	state.ID, state.EndsAt, state.PausedAt, state.EndedAt = id, endsAt.Time, pausedAt.Time, endedAt.Time
	last.Ordinal, last.PurchasedAt = state.Sold, purchasedAt.Time
	return state, last, free, nil
}
