package pg

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"
)

// LockAndWait is the first statement of a transaction: it takes the advisory lock with this key, for as long as the
// transaction lasts, and then waits. The transaction's snapshot is from before the wait: of a serializable one, what is
// written meanwhile to a row that it writes makes it begin, and wait, anew.
func LockAndWait(ctx context.Context, tx bun.Tx, key int64, wait time.Duration) error {
	_, err := tx.Tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1), pg_sleep($2)`, key, wait.Seconds())
	if err != nil {
		return fmt.Errorf("pg: lock and wait: %w", err)
	}
	return nil
}

// ReadUnlessLocked reads one row into dest, in one round trip, and says whether nobody holds the advisory lock with
// this key (LockAndWait). If so, the row is as the last holder has left it, and nobody gets the lock before it has been
// read. Errors: sql.ErrNoRows; why the server did not answer.
func (db *DB) ReadUnlessLocked(ctx context.Context, key int64, dest []any, query string, args ...any) (bool, error) {
	free := false
	batch := &pgx.Batch{}
	// The lock comes first, and then the row. Only at read committed does a statement see what was committed before it.
	batch.Queue(`BEGIN ISOLATION LEVEL READ COMMITTED`)
	batch.Queue(`SELECT pg_try_advisory_xact_lock_shared($1)`, key).QueryRow(into(&free))
	batch.Queue(query, args...).QueryRow(into(dest...))
	batch.Queue(`COMMIT`)
	if err := db.Pool.SendBatch(ctx, batch).Close(); err != nil {
		return false, fmt.Errorf("pg: read unless locked: %w", err)
	}
	return free, nil
}

func into(dest ...any) func(pgx.Row) error {
	return func(row pgx.Row) error { return row.Scan(dest...) }
}
