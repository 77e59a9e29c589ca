package sale //nolint:testpackage // leases are nobody else's

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/model"
	"stampede/server/pg/pgtest"
)

// sellOut leaves nothing to sell, and lets the replica know.
func (b besideOthers) sellOut(t *testing.T) {
	t.Helper()
	_, err := b.db.Pool.Exec(t.Context(), `UPDATE sales SET stock = sold + 1, version = version + 1`)
	require.NoError(t, err)
	b.sells(t, b.here, "the last")
}

func (b besideOthers) amends(t *testing.T, wishes ...model.Amendment) {
	t.Helper()
	for _, wish := range wishes {
		_, err := b.there.Amend(t.Context(), b.id, wish)
		require.NoError(t, err)
	}
}

func (b besideOthers) state(t *testing.T) model.State {
	t.Helper()
	state, err := b.here.Sale(t.Context(), b.id)
	require.NoError(t, err)
	return state
}

// asksForALease asks until the database has answered in time.
func (b besideOthers) asksForALease(t *testing.T, known model.Sale) {
	t.Helper()
	err := b.here.renew(t.Context(), known)
	for errors.Is(err, context.DeadlineExceeded) {
		err = b.here.renew(t.Context(), known)
	}
	require.NoError(t, err)
}

// renewed asks for leases of this state until one is had, or until the sale is another one; it says which.
func (b besideOthers) renewed(t *testing.T, state model.State) bool {
	t.Helper()
	for {
		b.asksForALease(t, state.Sale)
		if leased, _ := b.here.leased(&state); leased {
			return true
		}
		if now := b.state(t); !now.StandsAs(&state.Sale) {
			return false
		}
	}
}

// TestALeaseCountsFromBeforeItWasAskedFor: what the database takes to answer is lost of it.
func TestALeaseCountsFromBeforeItWasAskedFor(t *testing.T) {
	t.Parallel()
	b := newBesideOthers(t)
	b.sellOut(t)
	state := b.state(t)
	b.here.grounds = newGrounds()
	for {
		holding, err := b.db.Pool.Begin(t.Context())
		require.NoError(t, err)
		t.Cleanup(func() { _ = holding.Rollback(context.Background()) })
		_, err = holding.Exec(t.Context(), `LOCK TABLE purchases`)
		require.NoError(t, err)
		done := make(chan error, 1)
		go func() { done <- b.here.renew(context.Background(), state.Sale) }()
		require.Eventually(t, func() bool { return len(done) > 0 || waitedFor(t, holding, "relation") }, limit, tick)
		asked := time.Now()
		require.NoError(t, holding.Rollback(t.Context()))
		if err := <-done; err != nil {
			require.ErrorIs(t, err, context.DeadlineExceeded)
			continue // it took so long that there is nothing left of it
		}
		assert.True(t, b.here.grounds.of(b.id).lease.since.Before(asked))
		return
	}
}

// TestThereIsNoLeaseOfAnotherHistory: the database may have gone back, and on in another way, to the same version.
func TestThereIsNoLeaseOfAnotherHistory(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		meanwhile string
		leased    bool
	}{
		"nothing has happened":            {meanwhile: `SELECT`, leased: true},
		"another version":                 {meanwhile: `UPDATE sales SET version = version + 1`},
		"another change":                  {meanwhile: `UPDATE sales SET stock = stock + 1`},
		"another buyer of the last unit":  {meanwhile: `UPDATE purchases SET shopper_id = 'zoe' WHERE shopper_id = 'the last'`},
		"the same one, at another moment": {meanwhile: `UPDATE purchases SET purchased_at = purchased_at + interval '1 s'`},
		"the last unit is lost":           {meanwhile: `DELETE FROM purchases WHERE shopper_id = 'the last'`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBesideOthers(t)
			b.sellOut(t)
			state := b.state(t)
			b.here.grounds = newGrounds()
			_, err := b.db.Pool.Exec(t.Context(), c.meanwhile)
			require.NoError(t, err)
			if c.leased {
				assert.True(t, b.renewed(t, state))
				b.here.Forget()
			} else {
				b.asksForALease(t, state.Sale)
			}
			leased, _ := b.here.leased(&state)
			assert.False(t, leased, "nor when what was known is forgotten")
		})
	}
	b := newBesideOthers(t)
	require.Error(t, b.here.renew(t.Context(), model.Sale{ID: 99}), "there is no such sale")
}

// TestThereIsNoLeaseByTheServersOwnClock: it is an estimate, and after a failover to a machine whose clock is ahead, or behind,
// a wrong one for seconds. That nobody can buy is what the database says.
func TestThereIsNoLeaseByTheServersOwnClock(t *testing.T) {
	t.Parallel()
	b := newBesideOthers(t)
	_, err := b.db.Pool.Exec(t.Context(), `UPDATE sales SET ends_at = now() + interval '1 day', version = version + 1`)
	require.NoError(t, err)
	open := b.state(t)
	require.Equal(t, model.PhaseActive, open.Phase())
	for phase, at := range map[model.Phase]time.Time{
		model.PhaseUpcoming: open.StartsAt.Add(-time.Hour), model.PhaseEnded: open.EndsAt,
	} {
		mistaken := model.State{Sale: open.Sale, At: at}
		require.Equal(t, phase, mistaken.Phase())
		b.asksForALease(t, mistaken.Sale)
		leased, _ := b.here.leased(&mistaken)
		assert.False(t, leased, phase)
	}
	b.amends(t, change(model.Paused, model.Sale.Pause))
	assert.True(t, b.renewed(t, b.state(t)))
}

// TestWhoWritesHasALease: the server that has sold the last unit refuses the rest of the crowd without asking.
func TestWhoWritesHasALease(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	store, lamp := openSale(t, db)
	_, err := store.Commit(t.Context(), lamp.ID, ordersOf("ann"))
	require.NoError(t, err)
	lease := &store.grounds.of(lamp.ID).lease
	assert.Zero(t, lease.since, "others can still buy")
	_, err = db.Pool.Exec(t.Context(), `UPDATE sales SET stock = sold + 1`)
	require.NoError(t, err)
	began := time.Now()
	d, err := store.Commit(t.Context(), lamp.ID, ordersOf("bea"))
	require.NoError(t, err)
	had := lease.since
	assert.Equal(t, d.Sale.Version, lease.version)
	assert.False(t, had.Before(began))

	lease.grant(d.Sale.Version-1, 0, had.Add(-1))
	assert.Equal(t, d.Sale.Version, lease.version, "a late answer of an older one changes nothing")
	assert.Equal(t, had, lease.since)
}

// TestALeaseIsRenewedBeforeItRunsOut, so that a crowd is refused without a gap; and nobody asks twice at a time, nor again
// and again in vain.
func TestALeaseIsRenewedBeforeItRunsOut(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for name, c := range map[string]struct {
		version, history int64
		age              time.Duration
		asking           bool
		next             time.Duration
		holds, ask       bool
	}{
		"new":                {version: 7, history: 3, holds: true},
		"about to run out":   {version: 7, history: 3, age: leaseTerm * 3 / 4, holds: true, ask: true},
		"asked for already":  {version: 7, history: 3, age: leaseTerm * 3 / 4, asking: true, holds: true},
		"run out":            {version: 7, history: 3, age: leaseTerm, ask: true},
		"another version's":  {version: 6, history: 3, ask: true},
		"another history's":  {version: 7, history: 2, ask: true},
		"not had just now":   {version: 6, history: 3, next: time.Millisecond},
		"still not answered": {version: 6, history: 3, asking: true},
	} {
		l := &lease{
			version: c.version, history: c.history, since: now.Add(-c.age), asking: c.asking, next: now.Add(c.next - 1),
		}
		holds, ask := l.holds(7, 3, now)
		assert.Equal(t, c.holds, holds, name)
		assert.Equal(t, c.ask, ask, name)
		assert.Equal(t, c.ask || c.asking, l.asking, name)
	}

	var l lease
	for _, c := range []struct {
		granted bool
		pause   time.Duration
	}{
		{true, leasePause},
		{false, 2 * leasePause},
		{false, 4 * leasePause},
		{true, leasePause},
	} {
		before := time.Now()
		l.asked(c.granted)
		assert.Equal(t, c.pause, l.pause)
		assert.False(t, l.next.Before(before.Add(c.pause)))
		assert.False(t, l.asking)
	}
	for range 20 {
		l.asked(false)
	}
	assert.Equal(t, leaseTerm, l.pause)
}

// TestFewAskForLeasesAtATime: connections are for those who sell.
func TestFewAskForLeasesAtATime(t *testing.T) {
	t.Parallel()
	b := newBesideOthers(t)
	b.sellOut(t)
	state := b.state(t)
	b.here.grounds = newGrounds()
	for range maxRenewals {
		b.here.renewals <- struct{}{}
	}
	_, ask := b.here.leased(&state)
	require.True(t, ask)
	require.NoError(t, b.here.renew(t.Context(), state.Sale))
	assert.False(t, b.here.grounds.of(b.id).lease.asking, "it may be tried again")
	leased, _ := b.here.leased(&state)
	assert.False(t, leased)
	<-b.here.renewals
	assert.True(t, b.renewed(t, state))
}
