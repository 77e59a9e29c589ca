package pg_test

import (
	"database/sql"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
	holder, err := db.Pool.Begin(t.Context())
	require.NoError(t, err)
	_, err = holder.Exec(t.Context(), `SELECT pg_advisory_xact_lock(7)`)
	require.NoError(t, err)
	_, err = holder.Exec(t.Context(), `UPDATE counter SET n = 2`)
	require.NoError(t, err)

	_, free := read(7)
	assert.False(t, free)
	n, free := read(8)
	assert.True(t, free, "another lock")
	assert.Equal(t, 1, n)
	require.NoError(t, holder.Commit(t.Context()))
	for range 2 { // and lets go of it
		n, free = read(7)
		assert.True(t, free)
		assert.Equal(t, 2, n)
	}

	for what, query := range map[string]string{"no row": `SELECT n FROM counter WHERE n < $1`, "a mistake": `SELECT $1 / 0`} {
		free, err := db.ReadUnlessLocked(t.Context(), 7, []any{&n}, query, 1)
		require.Error(t, err, what)
		assert.Equal(t, what == "no row", errors.Is(err, sql.ErrNoRows), what)
		assert.False(t, free, what)
	}
	n, free = read(7)
	assert.True(t, free, "a connection that was in the middle of something is of no more use")
	assert.Equal(t, 2, n)
}
