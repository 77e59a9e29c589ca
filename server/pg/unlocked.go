package pg

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// ReadUnlessLocked reads one row into dest, in one round trip, and says whether nobody holds the advisory lock with
// this key exclusively (pg_advisory_xact_lock). If so, the row is as the last holder has left it, and nobody gets the
// lock before it has been read. Errors: sql.ErrNoRows; why the server did not answer.
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
