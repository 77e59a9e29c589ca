package pg_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"stampede/server/pg"
	"stampede/server/pg/pgtest"
)

func newTurns(t *testing.T, db *pg.DB) *pg.Turns {
	t.Helper()
	turns, err := db.NewTurns(t.Context())
	require.NoError(t, err)
	t.Cleanup(turns.Close)
	return turns
}

// patientTurns are waited for, and kept, as long as a test may take.
func patientTurns(t *testing.T, db *pg.DB) *pg.Turns {
	t.Helper()
	turns, err := db.NewTurnsOf(t.Context(), limit, limit)
	require.NoError(t, err)
	t.Cleanup(turns.Close)
	return turns
}

// take asks for a turn until there is an answer: a connection alone may take longer than all is given.
func take(t *testing.T, turns *pg.Turns, key int64) (*pg.Turn, error) {
	t.Helper()
	for {
		if turn, err := turns.Take(t.Context(), key); !errors.Is(err, context.DeadlineExceeded) {
			return turn, err
		}
	}
}

func TestTurnsComeOneAfterTheOther(t *testing.T) {
	t.Parallel()
	db := pgtest.NewEmpty(t)
	here, there := patientTurns(t, db), patientTurns(t, db)
	first, err := here.Take(t.Context(), 7)
	require.NoError(t, err)
	other, err := there.Take(t.Context(), 8)
	require.NoError(t, err, "another key is another turn")
	other.End()

	var ended atomic.Bool
	taken := make(chan error, 1)
	go func() {
		second, err := there.Take(context.Background(), 7)
		if err == nil && !ended.Load() {
			t.Error("two have the same turn")
		}
		second.End()
		taken <- err
	}()
	require.Eventually(t, func() bool { return waiting(t, db) == 1 }, limit, tick)
	ended.Store(true)
	first.End()
	require.NoError(t, <-taken)
}

// waiting is how many sessions wait for an advisory lock.
func waiting(t *testing.T, db *pg.DB) (n int) {
	t.Helper()
	require.NoError(t, db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database
		WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted`).Scan(&n))
	return n
}

func TestATurnThatDoesNotCome(t *testing.T) {
	t.Parallel()
	db := pgtest.NewEmpty(t)
	turns := newTurns(t, db)
	// Held by a session that is nobody's turn, and so never loses it.
	_, err := db.Pool.Exec(t.Context(), `SELECT pg_advisory_lock(7)`)
	require.NoError(t, err)
	turn, err := take(t, turns, 7)
	require.ErrorIs(t, err, pg.ErrTurnTimeout)
	turn.End() // a turn that did not come can be ended all the same
}

// TestAHolderThatStopsLosesItsTurn: nobody hears of it again, and the server takes the turn away.
func TestAHolderThatStopsLosesItsTurn(t *testing.T) {
	t.Parallel()
	db := pgtest.NewEmpty(t)
	stopped, err := take(t, newTurns(t, db), 7)
	require.NoError(t, err)
	turns := newTurns(t, db)
	require.Eventually(t, func() bool {
		turn, err := turns.Take(t.Context(), 7)
		turn.End()
		return err == nil
	}, limit, tick)
	stopped.End()
}
