package pg_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"stampede/server/pg"
	"stampede/server/pg/pgtest"
)

// counters is a database with the table counters: a and b, both 0.
func counters(t *testing.T) *pg.DB {
	t.Helper()
	db := pgtest.NewEmpty(t)
	must(t, db, `CREATE TABLE counters (name text PRIMARY KEY, n int NOT NULL CONSTRAINT distinct_n UNIQUE DEFERRABLE)`)
	must(t, db, `INSERT INTO counters VALUES ('a', 1), ('b', 2)`)
	return db
}

func must(t *testing.T, db *pg.DB, statement string, args ...any) {
	t.Helper()
	_, err := db.Pool.Exec(bounded(t), statement, args...)
	require.NoError(t, err)
}

func value[T any](t *testing.T, db *pg.DB, query string, args ...any) T {
	t.Helper()
	var v T
	require.NoError(t, db.Pool.QueryRow(bounded(t), query, args...).Scan(&v))
	return v
}

// retries collects what OnRetry is told.
func retries() (pg.TxOption, *[]string) {
	var states []string
	return pg.OnRetry(func(sqlstate string) { states = append(states, sqlstate) }), &states
}

func TestSerializableIsSerializableAndCommits(t *testing.T) {
	t.Parallel()
	db := counters(t)
	var level string
	require.NoError(t, db.Serializable(bounded(t), func(ctx context.Context, tx bun.Tx) error {
		if err := tx.NewRaw(`SELECT current_setting('transaction_isolation')`).Scan(ctx, &level); err != nil {
			return err
		}
		_, err := tx.Tx.ExecContext(ctx, `UPDATE counters SET n = $1 WHERE name = 'a'`, 10)
		return err
	}))
	assert.Equal(t, "serializable", level)
	assert.Equal(t, 10, value[int](t, db, `SELECT n FROM counters WHERE name = 'a'`))
}

func TestSerializableRetriesAStatementThatLost(t *testing.T) {
	t.Parallel()
	db := counters(t)
	onRetry, states := retries()
	runs := 0
	require.NoError(t, db.Serializable(bounded(t), func(ctx context.Context, tx bun.Tx) error {
		runs++
		var n int
		if err := tx.NewRaw(`SELECT n FROM counters WHERE name = 'a'`).Scan(ctx, &n); err != nil {
			return err
		}
		if runs == 1 { // another transaction changes what this one has seen
			must(t, db, `UPDATE counters SET n = 100 WHERE name = 'a'`)
		}
		_, err := tx.ExecContext(ctx, `UPDATE counters SET n = ? WHERE name = 'a'`, n+5)
		return err
	}, onRetry))
	assert.Equal(t, []string{"40001"}, *states)
	assert.Equal(t, 105, value[int](t, db, `SELECT n FROM counters WHERE name = 'a'`))
}

func TestSerializableRetriesACommitThatLost(t *testing.T) {
	t.Parallel()
	db := counters(t)
	onRetry, states := retries()
	runs := 0
	require.NoError(t, db.Serializable(bounded(t), func(ctx context.Context, tx bun.Tx) error {
		runs++
		// The sum of all, written as a row of its own: two that do this at once have no serial order.
		_, err := tx.ExecContext(ctx, `INSERT INTO counters SELECT 'c', 10 * sum(n) FROM counters`)
		if err != nil || runs > 1 {
			return err
		}
		other, err := db.Pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.Serializable})
		if err != nil {
			return err
		}
		defer func() { _ = other.Rollback(ctx) }()
		if _, err := other.Exec(ctx, `INSERT INTO counters SELECT 'd', 100 * sum(n) FROM counters`); err != nil {
			return err
		}
		return other.Commit(ctx)
	}, onRetry), "the error can only have come from COMMIT: fn met none")
	assert.Equal(t, 2, runs)
	assert.Equal(t, []string{"40001"}, *states)
	assert.Equal(t, 3030, value[int](t, db, `SELECT n FROM counters WHERE name = 'c'`), "it saw what the other wrote")
}

func TestSerializableRetriesADeadlock(t *testing.T) {
	t.Parallel()
	db := counters(t)
	onRetry, states := retries()
	const lock = `SELECT FROM counters WHERE name = $1 FOR UPDATE`
	const asLongAsItTakes = `SET LOCAL lock_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; `
	var other sync.WaitGroup
	defer other.Wait()
	theirs := bounded(t)
	runs := 0
	require.NoError(t, db.Serializable(bounded(t), func(ctx context.Context, tx bun.Tx) error {
		runs++
		if runs > 1 {
			return nil
		}
		if _, err := tx.Tx.ExecContext(ctx, asLongAsItTakes+`SELECT FROM counters WHERE name = 'a' FOR UPDATE`); err != nil {
			return err
		}
		blocked, err := db.Pool.Begin(theirs)
		if err != nil {
			return err
		}
		_, err = blocked.Exec(theirs, asLongAsItTakes+
			`SET LOCAL deadlock_timeout = '1h'; SELECT FROM counters WHERE name = 'b' FOR UPDATE`)
		require.NoError(t, err)
		pid := blocked.Conn().PgConn().PID()
		other.Go(func() {
			_, err := blocked.Exec(theirs, lock, "a")
			assert.NoError(t, err)
			assert.NoError(t, blocked.Rollback(theirs))
		})
		awaitLock(t, db, pid)
		_, err = tx.Tx.ExecContext(ctx, `SET LOCAL deadlock_timeout = '10ms'`)
		require.NoError(t, err)
		_, err = tx.Tx.ExecContext(ctx, lock, "b")
		return err
	}, onRetry, pg.TxTimeout(limit)))
	assert.Equal(t, []string{"40P01"}, *states)
}

// awaitLock returns once the backend waits for a lock.
func awaitLock(t *testing.T, db *pg.DB, pid uint32) {
	t.Helper()
	require.Eventually(t, func() bool {
		return value[bool](t, db, `SELECT EXISTS (SELECT FROM pg_locks WHERE pid = $1 AND NOT granted)`, int32(pid))
	}, limit, tick)
}

func TestSerializableGivesUpAfterItsAttempts(t *testing.T) {
	t.Parallel()
	db := counters(t)
	onRetry, states := retries()
	runs := 0
	err := db.Serializable(bounded(t), func(context.Context, bun.Tx) error {
		runs++
		return &pgconn.PgError{Code: "40001"}
	}, pg.MaxAttempts(3), onRetry)
	require.ErrorIs(t, err, pg.ErrContention)
	var cause *pgconn.PgError
	require.ErrorAs(t, err, &cause)
	assert.Equal(t, 3, runs)
	assert.Len(t, *states, 2)
}

func TestSerializableGivesUpAfterItsTime(t *testing.T) {
	t.Parallel()
	db := counters(t)
	err := db.Serializable(bounded(t), func(context.Context, bun.Tx) error {
		return &pgconn.PgError{Code: "40001"}
	}, pg.MaxAttempts(1_000_000), pg.TxTimeout(100*time.Millisecond))
	require.Error(t, err)
	assert.True(t, errors.Is(err, pg.ErrContention) || errors.Is(err, context.DeadlineExceeded), err)
	assert.NotErrorIs(t, err, pg.ErrOutcomeUnknown)
}

func TestSerializableRetriesOnlyTheUniqueConstraintsThatItWasGiven(t *testing.T) {
	t.Parallel()
	db := counters(t)
	taken := func(query string) func(context.Context, bun.Tx) error {
		return func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.ExecContext(ctx, query)
			return err
		}
	}
	primary := taken(`INSERT INTO counters VALUES ('a', 7)`)
	atCommit := taken(`SET CONSTRAINTS ALL DEFERRED; INSERT INTO counters VALUES ('z', 1)`)

	err := db.Serializable(bounded(t), primary, pg.RetryUnique("distinct_n"))
	require.Error(t, err)
	require.NotErrorIs(t, err, pg.ErrContention)
	err = db.Serializable(bounded(t), primary, pg.RetryUnique("distinct_n", "counters_pkey"), pg.MaxAttempts(2))
	require.ErrorIs(t, err, pg.ErrContention)

	err = db.Serializable(bounded(t), atCommit)
	var refused *pgconn.PgError
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, "23505", refused.Code)
	assert.NotErrorIs(t, err, pg.ErrOutcomeUnknown, "a refusal at COMMIT is certain")
	err = db.Serializable(bounded(t), atCommit, pg.RetryUnique("distinct_n"), pg.MaxAttempts(2))
	require.ErrorIs(t, err, pg.ErrContention)
}

func TestSerializableRollsBackWhenFnPanics(t *testing.T) {
	t.Parallel()
	db, err := pg.Open(bounded(t), pgtest.URL(t), pg.WithMaxConns(1))
	require.NoError(t, err)
	defer func() { assert.NoError(t, db.Close()) }()
	must(t, db, `CREATE TABLE made (n int)`)
	assert.PanicsWithValue(t, "oh", func() {
		_ = db.Serializable(bounded(t), func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.ExecContext(ctx, `INSERT INTO made VALUES (1)`)
			require.NoError(t, err)
			panic("oh")
		})
	})
	assert.Equal(t, 0, value[int](t, db, `SELECT count(*) FROM made`), "and the one connection is free again")
}

func TestSerializableSaysWhenFnHidAnErrorOrEndedTheTransaction(t *testing.T) {
	t.Parallel()
	db := counters(t)
	err := db.Serializable(bounded(t), func(ctx context.Context, tx bun.Tx) error {
		_, _ = tx.ExecContext(ctx, `SELECT 1/0`)
		return nil
	})
	require.ErrorIs(t, err, pgx.ErrTxCommitRollback)
	require.NotErrorIs(t, err, pg.ErrOutcomeUnknown)

	err = db.Serializable(bounded(t), func(_ context.Context, tx bun.Tx) error { return tx.Rollback() })
	require.ErrorContains(t, err, "fn ended the transaction itself")
}

func TestSerializableBeginsAgainOnADeadConnection(t *testing.T) {
	t.Parallel()
	db, err := pg.Open(bounded(t), pgtest.URL(t), pg.WithMaxConns(1))
	require.NoError(t, err)
	defer func() { assert.NoError(t, db.Close()) }()
	killer, err := pgx.ConnectConfig(bounded(t), db.Pool.Config().ConnConfig)
	require.NoError(t, err)
	defer func() { assert.NoError(t, killer.Close(context.Background())) }()
	pid := value[int](t, db, `SELECT pg_backend_pid()`)
	_, err = killer.Exec(bounded(t), `SELECT pg_terminate_backend($1, 10000)`, pid)
	require.NoError(t, err)
	require.NoError(t, db.Serializable(bounded(t), func(context.Context, bun.Tx) error { return nil }))
}

func TestSerializableBoundsFn(t *testing.T) {
	t.Parallel()
	db := counters(t)
	err := db.Serializable(bounded(t), func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.ExecContext(ctx, `SELECT pg_sleep(60)`)
		return err
	}, pg.TxTimeout(50*time.Millisecond))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.NotErrorIs(t, err, pg.ErrOutcomeUnknown)
}
