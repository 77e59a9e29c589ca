package pg_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"stampede/server/pg"
	"stampede/server/pg/pgtest"
)

// TestReadUnlessLocked: what the holder of the lock has committed is seen by whoever finds it free.
func TestReadUnlessLocked(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	_, err := db.Pool.Exec(t.Context(), `CREATE TABLE counter (n int); INSERT INTO counter VALUES (1)`)
	require.NoError(t, err)
	read := func(key int64) (n int, free bool) {
		t.Helper()
		free, err := db.ReadUnlessLocked(t.Context(), key, []any{&n}, `SELECT n FROM counter WHERE n > $1`, 0)
		require.NoError(t, err)
		return n, free
	}
	const waits = 20 * time.Millisecond
	began := time.Now()
	require.NoError(t, db.Serializable(t.Context(), func(ctx context.Context, tx bun.Tx) error {
		if err := pg.LockAndWait(ctx, tx, 7, waits); err != nil {
			return err
		}
		assert.GreaterOrEqual(t, time.Since(began), waits)
		if _, err := tx.ExecContext(ctx, `SET LOCAL idle_in_transaction_session_timeout = 0`); err != nil {
			return err
		}
		_, free := read(7)
		assert.False(t, free)
		n, free := read(8)
		assert.True(t, free, "another lock")
		assert.Equal(t, 1, n)
		_, err := tx.ExecContext(ctx, `UPDATE counter SET n = 2`)
		return err
	}))
	for range 2 { // and lets go of it
		n, free := read(7)
		assert.True(t, free)
		assert.Equal(t, 2, n)
	}

	for what, query := range map[string]string{"no row": `SELECT n FROM counter WHERE n < $1`, "a mistake": `SELECT $1 / 0`} {
		free, err := db.ReadUnlessLocked(t.Context(), 7, []any{new(int)}, query, 1)
		require.Error(t, err, what)
		assert.Equal(t, what == "no row", errors.Is(err, sql.ErrNoRows), what)
		assert.False(t, free, what)
	}
	n, free := read(7)
	assert.True(t, free, "a connection that was in the middle of something is of no more use")
	assert.Equal(t, 2, n)
}
