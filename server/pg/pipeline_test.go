package pg_test

import (
	"context"
	"database/sql"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"stampede/server/pg"
	"stampede/server/pg/pgtest"
)

// readThenWrite is the shape of a purchase: a query with BEGIN, a statement with COMMIT.
func readThenWrite(ctx context.Context, tx bun.Tx, value int) (found int, result sql.Result, err error) {
	together := pg.Together(ctx)
	if err := tx.Tx.QueryRowContext(together, `SELECT count(*) FROM made`).Scan(&found); err != nil {
		return 0, nil, err
	}
	result, err = tx.Tx.ExecContext(together, `INSERT INTO made SELECT 1 WHERE 1 / $1::int >= 0`, value)
	return found, result, err
}

// counted is a database, and one connection to it whose messages are counted.
func counted(t *testing.T) (direct, db *pg.DB, sent *atomic.Int64) {
	t.Helper()
	direct = atCommit(t, `NULL`)
	network, sent := pgtest.Counting(t, direct.Pool.Config().ConnString())
	db, err := pg.Open(bounded(t), network.URL, pg.WithMaxConns(1))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	return direct, db, sent
}

func TestATransactionOfTwoStatementsTakesTwoRoundTrips(t *testing.T) {
	t.Parallel()
	direct, db, sent := counted(t)
	for i := range 3 {
		before := sent.Load()
		var found int
		var result sql.Result
		require.NoError(t, db.Serializable(bounded(t), func(ctx context.Context, tx bun.Tx) (err error) {
			found, result, err = readThenWrite(ctx, tx, 1)
			require.NoError(t, err)
			_, err = result.RowsAffected()
			require.ErrorContains(t, err, "no result before it")
			return nil
		}))
		touched, err := result.RowsAffected()
		require.NoError(t, err)
		assert.EqualValues(t, 1, touched)
		assert.Equal(t, i, found, "what was committed before")
		if i > 0 { // the first time, the statements are prepared
			assert.EqualValues(t, 2, sent.Load()-before)
		}
	}
	assert.Equal(t, 3, rows(t, direct))
}

// TestATransactionOfOneStatementTakesOneRoundTrip, and its row is there afterwards.
func TestATransactionOfOneStatementTakesOneRoundTrip(t *testing.T) {
	t.Parallel()
	direct, db, sent := counted(t)
	var row pg.Row
	for i := 1; i <= 3; i++ {
		before := sent.Load()
		var n, made int
		require.NoError(t, db.Serializable(bounded(t), func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.Tx.ExecContext(row.Together(ctx), `INSERT INTO made SELECT $1::int RETURNING n, 7, NULL::text`, i)
			require.ErrorIs(t, row.Scan(&n), sql.ErrNoRows, "nothing is known before COMMIT has answered")
			return err
		}))
		var none sql.NullString
		require.NoError(t, row.Scan(&n, &made, &none))
		assert.Equal(t, []int{i, 7}, []int{n, made})
		assert.False(t, none.Valid)
		require.ErrorContains(t, row.Scan(&n), "3 columns is read into 1")
		require.ErrorContains(t, row.Scan(new(time.Time), &made, &none), "column n")
		if i > 1 { // the first time, the statements are prepared
			assert.EqualValues(t, 1, sent.Load()-before)
		}
	}
	assert.Equal(t, 3, rows(t, direct))
	var n int
	for above, want := range map[int]error{0: nil, 3: sql.ErrNoRows} {
		require.NoError(t, db.Serializable(bounded(t), func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.Tx.ExecContext(row.Together(ctx), `SELECT n FROM made WHERE n > $1 ORDER BY n`, above)
			return err
		}))
		require.ErrorIs(t, row.Scan(&n), want)
	}
	assert.Equal(t, 1, n, "of several rows it is the first")
	require.NoError(t, db.Serializable(bounded(t), func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.Tx.ExecContext(row.Together(ctx), `SELECT point(1, 2)`)
		return err
	}))
	require.ErrorContains(t, row.Scan(new(string)), "does not travel with COMMIT")
}

// TestATransactionAtOnceIsSerializable: what travels with BEGIN runs as BEGIN says.
func TestATransactionAtOnceIsSerializable(t *testing.T) {
	t.Parallel()
	db := atCommit(t, `NULL`)
	var row pg.Row
	require.NoError(t, db.Serializable(bounded(t), func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.Tx.ExecContext(row.Together(ctx), `SELECT current_setting('transaction_isolation')`)
		return err
	}))
	var level string
	require.NoError(t, row.Scan(&level))
	assert.Equal(t, "serializable", level)
}

// TestWhatWaitsForCommitIsNotSentByRollback: fn fails after it has written at once.
func TestWhatWaitsForCommitIsNotSentByRollback(t *testing.T) {
	t.Parallel()
	direct, db, sent := counted(t)
	require.NoError(t, db.Serializable(bounded(t), atOnce))
	before := sent.Load()
	require.ErrorIs(t, db.Serializable(bounded(t), func(ctx context.Context, tx bun.Tx) error {
		require.NoError(t, atOnce(ctx, tx))
		return sql.ErrNoRows
	}), sql.ErrNoRows)
	assert.Equal(t, before, sent.Load())
	assert.Equal(t, 1, rows(t, direct))
}

func TestWhatTravelsWithCommitFailsForCertain(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(context.Context, bun.Tx) error{
		"together": func(ctx context.Context, tx bun.Tx) error {
			_, _, err := readThenWrite(ctx, tx, 0)
			return err
		},
		"at once": func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.Tx.ExecContext(pg.Together(ctx), `INSERT INTO made SELECT 1 / $1::int`, 0)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := atCommit(t, `NULL`)
			err := db.Serializable(bounded(t), write)
			require.ErrorContains(t, err, "22012", "a division by zero")
			require.NotErrorIs(t, err, pg.ErrOutcomeUnknown)
			assert.True(t, pg.IsDataError(err))
			assert.Zero(t, rows(t, db), "COMMIT was not carried out")
			require.NoError(t, db.Serializable(bounded(t), insert), "the connection is of use")
			assert.Equal(t, 1, rows(t, db))
		})
	}
}

func TestNothingFollowsWhatTravelsWithCommit(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(context.Context, bun.Tx) error{"together": together, "at once": atOnce} {
		for follower, follow := range map[string]func(context.Context, bun.Tx) error{
			"alone": insert, "at once": atOnce, "query": func(ctx context.Context, tx bun.Tx) error {
				return tx.Tx.QueryRowContext(pg.Together(ctx), `SELECT 1`).Scan(new(int))
			},
		} {
			t.Run(name+", then "+follower, func(t *testing.T) {
				t.Parallel()
				db := atCommit(t, `NULL`)
				err := db.Serializable(bounded(t), func(ctx context.Context, tx bun.Tx) error {
					require.NoError(t, write(ctx, tx))
					return follow(ctx, tx)
				})
				require.ErrorContains(t, err, "follows the one that travels with COMMIT")
				assert.Zero(t, rows(t, db))
			})
		}
	}
}

// TestAllTypesThatTravelWithBegin are read as database/sql reads them elsewhere.
func TestAllTypesThatTravelWithBegin(t *testing.T) {
	t.Parallel()
	db := atCommit(t, `NULL`)
	const query = `SELECT true, 7::int, 'text', 'var'::varchar, '{"a": 1}'::json, '{"a": 1}'::jsonb,
		'2026-11-22T18:00:00.123456Z'::timestamptz, NULL::timestamptz, NULL::json`
	type row struct {
		yes      bool
		n        int
		text, vc string
		raw, bin []byte
		at       time.Time
		none     sql.NullTime
		nothing  []byte
	}
	read := func(wrap func(context.Context) context.Context) (r row) {
		require.NoError(t, db.Serializable(bounded(t), func(ctx context.Context, tx bun.Tx) error {
			return tx.Tx.QueryRowContext(wrap(ctx), query).Scan(
				&r.yes, &r.n, &r.text, &r.vc, &r.raw, &r.bin, &r.at, &r.none, &r.nothing)
		}))
		r.at = r.at.UTC()
		return r
	}
	together := read(pg.Together)
	assert.Equal(t, read(func(ctx context.Context) context.Context { return ctx }), together)
	assert.True(t, together.yes)
	assert.Equal(t, 2026, together.at.Year())

	err := db.Serializable(bounded(t), func(ctx context.Context, tx bun.Tx) error {
		var point string
		return tx.Tx.QueryRowContext(pg.Together(ctx), `SELECT point(1, 2)`).Scan(&point)
	})
	require.ErrorContains(t, err, "does not travel with BEGIN")
}

func TestATransactionThatDoesNothingSendsNothing(t *testing.T) {
	t.Parallel()
	_, db, sent := counted(t)
	before := sent.Load()
	require.NoError(t, db.Serializable(bounded(t), func(context.Context, bun.Tx) error { return nil }))
	require.ErrorIs(t, db.Serializable(bounded(t), func(context.Context, bun.Tx) error { return sql.ErrNoRows }), sql.ErrNoRows)
	assert.Equal(t, before, sent.Load())
}

// TestAWriteThatWaitsForARowGivesUpForCertain: it can't be cancelled any more, and must not outlive who asked for it. The
// first in line waits for the transaction that holds the row, the second for its place, and, once it has that, for the
// transaction.
func TestAWriteThatWaitsForARowGivesUpForCertain(t *testing.T) {
	t.Parallel()
	db := atCommit(t, `NULL`)
	wait, err := time.ParseDuration(value[string](t, db, `SHOW lock_timeout`))
	require.NoError(t, err)
	assert.Positive(t, wait)
	assert.Less(t, 2*wait, pg.DefaultCommitTimeout(), "two waits take less than a COMMIT may")
	must(t, db, `INSERT INTO made VALUES (7)`)
	holder, err := db.Pool.Begin(bounded(t))
	require.NoError(t, err)
	t.Cleanup(func() { _ = holder.Rollback(context.Background()) })
	_, err = holder.Exec(bounded(t), `SET LOCAL idle_in_transaction_session_timeout = 0; UPDATE made SET n = 8`)
	require.NoError(t, err)
	givesUp := func() {
		err := db.Serializable(bounded(t), func(ctx context.Context, tx bun.Tx) error {
			if _, err := tx.ExecContext(ctx, `SET LOCAL lock_timeout = '20ms'`); err != nil {
				return err
			}
			_, err := tx.Tx.ExecContext(pg.Together(ctx), `UPDATE made SET n = 9`)
			return err
		})
		require.ErrorContains(t, err, "55P03")
		require.NotErrorIs(t, err, pg.ErrOutcomeUnknown)
	}
	givesUp()

	first, err := db.Pool.Acquire(bounded(t))
	require.NoError(t, err)
	_, err = first.Exec(bounded(t), `SET lock_timeout = 0`)
	require.NoError(t, err)
	pid, written := first.Conn().PgConn().PID(), make(chan error, 1)
	go func() {
		_, err := first.Exec(context.Background(), `UPDATE made SET n = 10`)
		first.Release()
		written <- err
	}()
	awaitLock(t, db, pid)
	givesUp()
	require.NoError(t, holder.Rollback(bounded(t)))
	require.NoError(t, <-written)
}

// TestAConnectionThatHasForgottenItsStatementsIsReplaced, and nobody notices.
func TestAConnectionThatHasForgottenItsStatementsIsReplaced(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(context.Context, bun.Tx) error{"together": together, "at once": atOnce} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, err := pg.Open(bounded(t), atCommit(t, `NULL`).Pool.Config().ConnString(), pg.WithMaxConns(1))
			require.NoError(t, err)
			t.Cleanup(func() { assert.NoError(t, db.Close()) })
			require.NoError(t, db.Serializable(bounded(t), write))
			for range 2 {
				must(t, db, `DEALLOCATE ALL`)
				require.NoError(t, db.Serializable(bounded(t), write))
			}
			assert.Equal(t, 3, rows(t, db))
		})
	}
}

// TestNothingRunsOutsideTheTransactionThatCouldNotBegin, whatever fn makes of the error.
func TestNothingRunsOutsideTheTransactionThatCouldNotBegin(t *testing.T) {
	t.Parallel()
	db, err := pg.Open(bounded(t), atCommit(t, `NULL`).Pool.Config().ConnString(), pg.WithMaxConns(1))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	require.NoError(t, db.Serializable(bounded(t), together))
	must(t, db, `DEALLOCATE ALL`)
	err = db.Serializable(bounded(t), func(ctx context.Context, tx bun.Tx) error {
		_ = together(ctx, tx)
		_ = insert(ctx, tx)
		_ = together(ctx, tx)
		return nil
	}, pg.MaxAttempts(1))
	require.ErrorContains(t, err, "26000")
	assert.Equal(t, 1, rows(t, db))
}

func TestAPoolerThatForbidsPreparedStatementsIsRefused(t *testing.T) {
	t.Parallel()
	_, err := pg.Open(bounded(t), "postgres://host/db?default_query_exec_mode=simple_protocol")
	require.ErrorIs(t, err, pg.ErrBadURL)
	require.ErrorContains(t, err, "prepared statements")
}
