package pg_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"stampede/server/pg"
	"stampede/server/pg/pgtest"
)

// atCommit is a migrated database with a table made, where an insert runs the statement at COMMIT.
func atCommit(t *testing.T, statement string) *pg.DB {
	t.Helper()
	db := pgtest.NewEmpty(t)
	must(t, db, `CREATE TABLE made (n int)`)
	must(t, db, `CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN `+statement+`; RETURN NULL; END $$`)
	must(t, db, `CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON made
		DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION at_commit()`)
	return db
}

func insert(ctx context.Context, tx bun.Tx) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO made VALUES (1)`)
	return err
}

// together is insert, sent with COMMIT.
func together(ctx context.Context, tx bun.Tx) error {
	_, _, err := readThenWrite(ctx, tx, 1)
	return err
}

// atOnce is insert, sent with BEGIN and COMMIT.
func atOnce(ctx context.Context, tx bun.Tx) error {
	_, err := tx.Tx.ExecContext(pg.Together(ctx), `INSERT INTO made VALUES (1)`)
	return err
}

// eachWay runs a test with COMMIT sent alone, sent with the last statement, and sent with the only one and BEGIN.
func eachWay(t *testing.T, test func(t *testing.T, write func(context.Context, bun.Tx) error)) {
	t.Helper()
	for name, write := range map[string]func(context.Context, bun.Tx) error{
		"alone": insert, "together": together, "at once": atOnce,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, write)
		})
	}
}

func rows(t *testing.T, db *pg.DB) int {
	t.Helper()
	return value[int](t, db, `SELECT count(*)::int FROM made`)
}

func TestCommitIsAmbiguousWhenTheServerEndsTheConnection(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, write func(context.Context, bun.Tx) error) {
		t.Helper()
		db := atCommit(t, `PERFORM pg_terminate_backend(pg_backend_pid())`)
		runs := 0
		err := db.Serializable(bounded(t), func(ctx context.Context, tx bun.Tx) error {
			runs++
			return write(ctx, tx)
		})
		require.ErrorIs(t, err, pg.ErrOutcomeUnknown)
		var ambiguous *pg.AmbiguousError
		require.ErrorAs(t, err, &ambiguous)
		assert.ErrorContains(t, ambiguous.Cause, "57P01")
		assert.Equal(t, 1, runs, "nothing ambiguous is tried again")
	})
}

func TestCommitIsAmbiguousWhenItsAnswerIsLost(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, write func(context.Context, bun.Tx) error) {
		t.Helper()
		direct := atCommit(t, `NULL`)
		network := pgtest.Between(t, direct.Pool.Config().ConnString(), false, pgtest.IsCommit)
		db, err := pg.Open(bounded(t), network.URL)
		require.NoError(t, err)

		require.ErrorIs(t, db.Serializable(bounded(t), write), pg.ErrOutcomeUnknown)
		assert.Equal(t, 1, rows(t, direct), "this time it was committed")
		require.NoError(t, db.Close()) // waits until pgx has given the connection up
		assert.EqualValues(t, 1, network.Accepted.Load(), "no cancel request was sent after the COMMIT")
	})
}

func TestCommitIsAmbiguousWhenTheServerWarns(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, write func(context.Context, bun.Tx) error) {
		t.Helper()
		// What a synchronous standby that does not answer comes to: committed here, said with a warning only.
		db := atCommit(t, `RAISE WARNING 'the transaction has already committed locally'`)
		err := db.Serializable(bounded(t), write)
		require.ErrorIs(t, err, pg.ErrOutcomeUnknown)
		require.ErrorContains(t, err, "01000")

		// A warning of fn's own says nothing about COMMIT.
		require.NoError(t, db.Serializable(bounded(t), func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.ExecContext(ctx, `DO $$ BEGIN RAISE WARNING 'of fn'; END $$`)
			return err
		}))
	})
}

func TestCommitThatTakesTooLongIsAmbiguousAndNotCancelled(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, write func(context.Context, bun.Tx) error) {
		t.Helper()
		db := atCommit(t, waitsForLock)
		release := holdLock(t, db)
		network := pgtest.Between(t, db.Pool.Config().ConnString(), true, pgtest.IsCommit)
		slow, err := pg.Open(bounded(t), network.URL, pg.WithTx(pg.CommitTimeout(50*time.Millisecond)))
		require.NoError(t, err)

		err = slow.Serializable(bounded(t), write)
		require.ErrorIs(t, err, pg.ErrOutcomeUnknown)
		require.ErrorContains(t, err, "no answer within 50ms")
		require.NoError(t, slow.Close())
		assert.EqualValues(t, 1, network.Accepted.Load(), "no cancel request was sent after the COMMIT")

		release()
		require.Eventually(t, func() bool { return rows(t, db) == 1 }, limit, tick, "the COMMIT went its way")
	})
}

func TestCommitOutlivesItsCallersContext(t *testing.T) {
	t.Parallel()
	db := atCommit(t, waitsForLock)
	release := holdLock(t, db)
	ctx, cancel := context.WithCancel(bounded(t))
	answer := make(chan error, 1)
	var backend int32
	running := make(chan struct{})
	go func() {
		answer <- db.Serializable(ctx, func(ctx context.Context, tx bun.Tx) error {
			if err := tx.NewRaw(`SELECT pg_backend_pid()`).Scan(ctx, &backend); err != nil {
				return err
			}
			close(running)
			return insert(ctx, tx)
		})
	}()
	<-running
	awaitLock(t, db, uint32(backend))
	cancel()
	select {
	case err := <-answer:
		require.FailNow(t, "Serializable did not wait for its COMMIT", err)
	default:
	}
	release()
	require.NoError(t, <-answer)
	assert.Equal(t, 1, rows(t, db))
}

func TestSerializableLooksAtItsContextOnlyBetweenTransactions(t *testing.T) {
	t.Parallel()
	db := atCommit(t, `NULL`)
	ctx, cancel := context.WithCancel(bounded(t))
	require.NoError(t, db.Serializable(ctx, func(ctx context.Context, tx bun.Tx) error {
		cancel()
		return insert(ctx, tx)
	}))
	require.ErrorIs(t, db.Serializable(ctx, insert), context.Canceled)
	assert.Equal(t, 1, rows(t, db))
}

// waitsForLock is what holdLock holds up, however long the test takes to let go.
const waitsForLock = `PERFORM set_config('lock_timeout', '0', true); PERFORM pg_advisory_xact_lock(1)`

// holdLock takes the advisory lock that a COMMIT is to wait for.
func holdLock(t *testing.T, db *pg.DB) (release func()) {
	t.Helper()
	conn, err := db.Pool.Acquire(bounded(t))
	require.NoError(t, err)
	_, err = conn.Exec(bounded(t), `SELECT pg_advisory_lock(1)`)
	require.NoError(t, err)
	done := false
	release = func() {
		if !done {
			done = true
			unlock(t, conn)
		}
	}
	t.Cleanup(release)
	return release
}

func unlock(t *testing.T, conn *pgxpool.Conn) {
	t.Helper()
	_, err := conn.Exec(context.Background(), `SELECT pg_advisory_unlock(1)`)
	assert.NoError(t, err)
	conn.Release()
}
