package sale

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"stampede/model"
)

// Explain says how PostgreSQL carries out the statements of n strangers' purchases: the one that reads and the one that
// writes, and the one that does both; EXPLAIN ANALYZE, as text. When look is true, the ledger is taken to know nobody,
// and each shopper is looked for. Nothing is written for good.
func (s *Store) Explain(ctx context.Context, id model.SaleID, n int, look bool) (string, error) {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return "", fmt.Errorf("explain: %w", err)
	}
	defer func() { _ = conn.Close() }()
	tx, err := conn.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable})
	if err != nil {
		return "", fmt.Errorf("explain: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	var sold, version int
	var last, at, place string
	if err := tx.Tx.QueryRowContext(ctx, `
		SELECT sold, version, coalesce(shopper_id, ''), coalesce(purchased_at, now())::text, sales.ctid::text
		FROM sales LEFT JOIN purchases ON sale_id = id AND ordinal = sold WHERE id = $1`, id,
	).Scan(&sold, &version, &last, &at, &place); err != nil {
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
	sell, sellErr := "", error(nil)
	if !look {
		sell, sellErr = explainUndone(ctx, tx, "sell", sellSQL,
			fmt.Sprintf("%d, %d, %d, 1, %d, %s, %s, '%s', '%s', '%s'", id, n, version, sold, all, all, last, at, place))
	}
	write, writeErr := explain(ctx, tx, "write", writeSQL,
		fmt.Sprintf("%d, %d, %d, '{%s}', %s, %s", id, n, version, strings.Join(ordinals, ","), all, all))
	return load + "\n" + write + "\n" + sell, errors.Join(err, sellErr, writeErr)
}

// explainUndone undoes what explaining has written.
func explainUndone(ctx context.Context, tx bun.Tx, name, statement, literals string) (string, error) {
	if _, err := tx.Tx.ExecContext(ctx, "SAVEPOINT before"); err != nil {
		return "", fmt.Errorf("explain %s: %w", name, err)
	}
	text, err := explain(ctx, tx, name, statement, literals)
	_, undoErr := tx.Tx.ExecContext(ctx, "ROLLBACK TO before")
	return text, errors.Join(err, undoErr)
}

// explain prepares a statement as the pool's connections do, and explains how it is executed with these literals.
func explain(ctx context.Context, tx bun.Tx, name, statement, literals string) (text string, err error) {
	name += strings.ToLower(rand.Text()) // what is left behind by a failure is in nobody's way
	if _, err := tx.Tx.ExecContext(ctx, "PREPARE "+name+" AS "+statement); err != nil {
		return "", fmt.Errorf("prepare: %w", err)
	}
	defer func() {
		_, deallocateErr := tx.Tx.ExecContext(ctx, "DEALLOCATE "+name)
		err = errors.Join(err, deallocateErr)
	}()
	rows, err := tx.Tx.QueryContext(ctx, "EXPLAIN (ANALYZE, BUFFERS) EXECUTE "+name+"("+literals+")")
	if err != nil {
		return "", fmt.Errorf("explain %s: %w", name, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return "", fmt.Errorf("explain %s: %w", name, err)
		}
		text += line + "\n"
	}
	return text, rows.Err()
}
