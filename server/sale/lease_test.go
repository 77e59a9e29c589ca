package sale //nolint:testpackage // leases are nobody else's

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/model"
)

// change is an operator's wish.
func change(kind model.ChangeKind, do model.Change) model.Amendment {
	return model.Amendment{Kind: kind, By: "op", Change: do}
}

func restock(s model.Sale, now time.Time) (model.Sale, error) { return s.Restock(10, now) }

// closed is a way for a sale to sell nothing, and how an operator lets it sell again.
type closed struct {
	shut, open model.Amendment
}

var ways = map[string]closed{
	"sold out": {open: change(model.Restocked, restock)},
	"paused": {
		shut: change(model.Paused, model.Sale.Pause), open: change(model.Resumed, model.Sale.Resume),
	},
	"not open yet": {
		shut: change(model.Rescheduled, func(s model.Sale, _ time.Time) (model.Sale, error) {
			s.StartsAt = s.StartsAt.Add(time.Hour)
			s.Version++
			return s, nil
		}),
		open: change(model.Rescheduled, func(s model.Sale, now time.Time) (model.Sale, error) {
			return s.Reschedule(now, time.Time{}, now)
		}),
	},
}

// shut leaves the sale closed in this way, and says how it stands.
func (b besideOthers) shut(t *testing.T, way closed) model.State {
	t.Helper()
	if way.shut.Change != nil {
		_, err := b.there.Amend(t.Context(), b.id, way.shut)
		require.NoError(t, err)
	} else {
		_, err := b.db.Pool.Exec(t.Context(), `UPDATE sales SET stock = sold, version = version + 1`)
		require.NoError(t, err)
	}
	state, err := b.here.Sale(t.Context(), b.id)
	require.NoError(t, err)
	return state
}

// TestNobodyRefusesWhatAnotherReplicaHasOpened: a replica that has not heard of a change refuses from memory until the
// change has happened, and not afterwards.
func TestNobodyRefusesWhatAnotherReplicaHasOpened(t *testing.T) {
	t.Parallel()
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBesideOthers(t)
			b.there.NoteRival()
			m := openMemory(t, b.here)
			state := b.shut(t, way)
			refuses := func() bool { return m.answer(&state, model.Order{ShopperID: "eve"}) != nil }
			assert.False(t, refuses(), "it has not asked yet")
			require.Eventually(t, refuses, limit, tick)

			var opened atomic.Bool
			done := make(chan error, 1)
			go func() {
				_, err := b.there.Amend(context.Background(), b.id, way.open)
				opened.Store(true)
				done <- err
			}()
			// It has asked again when it knows another version.
			for before := 0; m.leases.version(b.id) == state.Version; {
				if was := opened.Load(); refuses() {
					require.False(t, was, "after %d refusals before", before)
					before++
				}
			}
			require.NoError(t, <-done)
			assert.False(t, refuses())
			state, err := b.here.Sale(t.Context(), b.id)
			require.NoError(t, err)
			assert.Equal(t, model.PhaseActive, state.Phase())
		})
	}
}

func (l *leases) version(id model.SaleID) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held[id].version
}

// TestWhoWaitsForLeases: only a change that opens a sale, and only beside others. A lease that is being asked for holds it up,
// as does another such change.
func TestWhoWaitsForLeases(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		way   closed
		empty bool
		waits bool
		alone bool
	}{
		"sold out, and restocked":             {way: ways["sold out"], waits: true},
		"paused, and resumed":                 {way: ways["paused"], waits: true},
		"not open yet, and opened":            {way: ways["not open yet"], waits: true},
		"paused and sold out, and resumed":    {way: closed{ways["paused"].shut, ways["paused"].open}, empty: true, waits: true},
		"by a replica that is alone":          {way: ways["sold out"], alone: true},
		"paused, and ended":                   {way: closed{ways["paused"].shut, change(model.Ended, model.Sale.End)}},
		"paused, and restocked":               {way: closed{ways["paused"].shut, change(model.Restocked, restock)}},
		"not paused, and paused":              {way: closed{change(model.Restocked, restock), ways["paused"].shut}},
		"not sold out, and restocked":         {way: closed{change(model.Restocked, restock), change(model.Restocked, restock)}},
		"sold out, and nothing is done to it": {way: closed{open: change(model.Resumed, model.Sale.Resume)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBesideOthers(t)
			if !c.alone {
				b.there.NoteRival()
			}
			if c.empty {
				b.shut(t, ways["sold out"])
			}
			b.shut(t, c.way)
			asking, err := b.db.Pool.Begin(t.Context())
			require.NoError(t, err)
			t.Cleanup(func() { _ = asking.Rollback(context.Background()) }) // the database's end waits for it
			_, err = asking.Exec(t.Context(), `SELECT pg_advisory_xact_lock_shared($1)`, openingKey+int64(b.id))
			require.NoError(t, err)
			done := make(chan error, 1)
			go func() {
				_, err := b.there.Amend(context.Background(), b.id, c.way.open)
				done <- err
			}()
			if c.waits {
				b.waits(t, asking)
				_, free, err := b.here.versionUnlessOpening(t.Context(), b.id)
				require.NoError(t, err)
				assert.False(t, free, "nobody gets a lease meanwhile")
				require.NoError(t, asking.Rollback(t.Context()))
			}
			require.NoError(t, <-done)
			if !c.waits {
				require.NoError(t, asking.Rollback(t.Context()))
			}
			_, free, err := b.here.versionUnlessOpening(t.Context(), b.id)
			require.NoError(t, err)
			assert.True(t, free)
		})
	}
}

// waits returns when somebody waits for a lock of this database. The transaction that holds it is not to be idle for long.
func (b besideOthers) waits(t *testing.T, holder pgx.Tx) {
	t.Helper()
	require.Eventually(t, func() bool {
		var waits bool
		err := holder.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`).Scan(&waits)
		return err == nil && waits
	}, limit, tick)
}

// TestALeaseIsRenewedBeforeItRunsOut, so that a crowd is refused without a gap; and nobody asks twice at a time.
func TestALeaseIsRenewedBeforeItRunsOut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		version    int64
		age, asked time.Duration
		asking     bool
		holds, ask bool
	}{
		"new":                {version: 7, holds: true, asked: time.Hour},
		"about to run out":   {version: 7, age: leaseTerm * 3 / 4, asked: time.Hour, holds: true, ask: true},
		"asked for already":  {version: 7, age: leaseTerm * 3 / 4, asked: time.Hour, asking: true, holds: true},
		"run out":            {version: 7, age: leaseTerm, asked: time.Hour, ask: true},
		"another version's":  {version: 6, asked: time.Hour, ask: true},
		"not had just now":   {version: 6},
		"still not answered": {version: 6, asked: time.Hour, asking: true},
	} {
		l := newLeases(nil)
		now := time.Now()
		l.held[1] = &lease{version: c.version, since: now.Add(-c.age), asked: now.Add(-c.asked), asking: c.asking}
		holds, ask := l.holds(1, 7)
		assert.Equal(t, c.holds, holds, name)
		assert.Equal(t, c.ask, ask, name)
	}
}

// TestAReplicaThatIsAloneRefusesAtOnce, and one that may not be waits to hear of others first.
func TestAReplicaThatIsAloneRefusesAtOnce(t *testing.T) {
	t.Parallel()
	b := newBesideOthers(t)
	state := b.shut(t, ways["sold out"])
	m := openMemory(t, b.here)
	refuses := func() bool { return m.answer(&state, model.Order{ShopperID: "eve"}) != nil }
	b.here.rivalUntil.Store(0)
	assert.True(t, refuses())
	b.here.Listening()
	assert.False(t, b.here.Alone())
	b.here.rivalUntil.Store(time.Now().Add(time.Hour).UnixNano())
	known := b.here.rivalUntil.Load()
	b.here.Listening()
	b.here.NoteRival()
	assert.Equal(t, known, b.here.rivalUntil.Load(), "what is known for longer is not forgotten")
}
