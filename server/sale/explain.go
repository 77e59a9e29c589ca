package sale

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"stampede/model"
)

// Explain says how PostgreSQL carries out the two statements of n strangers' purchases: EXPLAIN ANALYZE, as text. When
// look is true, the ledger is taken to know nobody, and each shopper is looked for. Nothing is written for good.
func (s *Store) Explain(ctx context.Context, id model.SaleID, n int, look bool) (string, error) {
	conn, err := s.db.Pool.Acquire(ctx)
	if err != nil {
		return "", fmt.Errorf("explain: %w", err)
	}
	defer func() {
		_ = conn.Conn().Close(ctx) // with what was prepared on it; the pool makes another
		conn.Release()
	}()
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.Serializable})
	if err != nil {
		return "", fmt.Errorf("explain: %w", err)
	}
	defer func() { _ = tx.Rollback(ctx) }()
	var sold, version int
	var last, at string
	if err := tx.QueryRow(ctx, `SELECT sold, version, coalesce(shopper_id, ''), coalesce(purchased_at, now())::text
		FROM sales LEFT JOIN purchases ON sale_id = id AND ordinal = sold WHERE id = $1`, id,
	).Scan(&sold, &version, &last, &at); err != nil {
		return "", fmt.Errorf("explain: %w", err)
	}
	seen := sold
	if look {
		seen = -1
	}
	shoppers, ordinals := make([]string, n), make([]string, n)
	for i := range n {
		shoppers[i], ordinals[i] = fmt.Sprint("stranger-", i), fmt.Sprint(sold+i+1)
	}
	all := "'{" + strings.Join(shoppers, ",") + "}'"
	load, err := explain(ctx, tx, "load", loadSQL, fmt.Sprintf("%d, %d, '{}', %s, '%s', '%s'", id, seen, all, last, at))
	write, writeErr := explain(ctx, tx, "write", writeSQL,
		fmt.Sprintf("%d, %d, %d, '{%s}', %s, %s", id, n, version, strings.Join(ordinals, ","), all, all))
	return load + "\n" + write, errors.Join(err, writeErr)
}

// explain prepares a statement as the pool's connections do, and explains how it is executed with these literals.
func explain(ctx context.Context, tx pgx.Tx, name, statement, literals string) (string, error) {
	if _, err := tx.Exec(ctx, fmt.Sprintf("PREPARE explain_%s AS %s", name, statement)); err != nil {
		return "", fmt.Errorf("prepare %s: %w", name, err)
	}
	rows, err := tx.Query(ctx, fmt.Sprintf("EXPLAIN (ANALYZE, BUFFERS) EXECUTE explain_%s(%s)", name, literals))
	if err != nil {
		return "", fmt.Errorf("explain %s: %w", name, err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return strings.Join(lines, "\n") + "\n", err
}
