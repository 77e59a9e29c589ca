package sale

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"stampede/model"
)

// The statements of a purchase: one to read, one to write. They go through bun's transaction with parameters of their
// own ($1, arrays), for bun would write every value into the text. Each connection plans them once (pg.Open's
// sessionDefaults see to it that the plan is right whatever the tables' sizes).

// loadSQL reads the sale, the transaction's instant, and earlier purchases: those of the shoppers in $3 when the sale
// has sold $2 units, the last of them to the shopper $5 at $6, and else those of the shoppers in $4. Each is looked up
// on its own in the unique index: that stays cheap whatever the table's size, where `= ANY` may turn into a scan.
const loadSQL = `
SELECT sku, name, coalesce(description, ''), coalesce(image_url, ''), price, stock, sold, version,
       starts_at, ends_at, paused_at, ended_at, now(), history.known,
       (SELECT json_agg(json_build_object('Ordinal', p.ordinal, 'ShopperID', p.shopper_id,
                                          'IdempotencyKey', coalesce(p.idempotency_key, ''),
                                          'PurchasedAt', p.purchased_at))
        FROM unnest(CASE WHEN history.known AND sold = $2 THEN $3::text[] ELSE $4::text[] END) AS wanted (shopper_id)
        CROSS JOIN LATERAL (
            SELECT * FROM purchases WHERE sale_id = $1 AND shopper_id = wanted.shopper_id LIMIT 1
        ) AS p)
FROM sales
CROSS JOIN LATERAL (
    SELECT $2 <= 0 OR EXISTS (
        SELECT FROM purchases WHERE sale_id = $1 AND ordinal = $2 AND shopper_id = $5 AND purchased_at = $6
    ) AS known OFFSET 0
) AS history
WHERE id = $1`

// writeSQL inserts what was sold and moves the sale on, if it still is as it was read and has the units.
const writeSQL = `
WITH sold AS (
    INSERT INTO purchases (sale_id, ordinal, shopper_id, idempotency_key, purchased_at)
    SELECT $1, new.ordinal, new.shopper_id, nullif(new.idempotency_key, ''), now()
    FROM unnest($4::int[], $5::text[], $6::text[]) AS new (ordinal, shopper_id, idempotency_key)
)
UPDATE sales SET sold = sold + $2, version = version + 1
WHERE id = $1 AND version = $3 AND sold + $2 <= stock`

// wanted says whose earlier purchases to read: the suspects' when the sale has sold what the ledger has seen and no
// unit more, else everybody's.
type wanted struct {
	shoppers []string
	suspects []string
	seen     seen
}

// wantedAll reads everybody's, whatever the sale has sold.
func wantedAll(shoppers []string) wanted { return wanted{shoppers: shoppers, seen: seen{ordinal: -1}} }

// load reads a sale as the transaction sees it, and earlier purchases. known is false when the sale's history is not
// the one that the ledger has seen: the database has lost purchases. Errors: SALE_NOT_FOUND.
func load(
	ctx context.Context, tx bun.Tx, id model.SaleID, w wanted,
) (state model.State, earlier []model.Purchase, known bool, err error) {
	state.ID = id
	var price, found []byte
	var endsAt, pausedAt, endedAt sql.NullTime
	last := w.seen.last
	err = tx.Tx.QueryRowContext(
		ctx, loadSQL, id, w.seen.ordinal, w.suspects, w.shoppers, last.ShopperID, last.PurchasedAt,
	).Scan(
		&state.Product.SKU, &state.Product.Name, &state.Product.Description, &state.Product.ImageURL, &price,
		&state.Stock, &state.Sold, &state.Version, &state.StartsAt, &endsAt, &pausedAt, &endedAt, &state.At, &known, &found)
	if errors.Is(err, sql.ErrNoRows) {
		return state, nil, false, saleNotFound()
	}
	if err != nil {
		return state, nil, false, fmt.Errorf("load sale: %w", err)
	}
	state.EndsAt, state.PausedAt, state.EndedAt = endsAt.Time, pausedAt.Time, endedAt.Time
	if earlier, err = decode[[]model.Purchase](found); err != nil {
		return state, nil, false, fmt.Errorf("read earlier purchases: %w", err)
	}
	for i := range earlier {
		earlier[i].SaleID = id
	}
	if state.Product.Price, err = decode[*model.Money](price); err != nil {
		return state, nil, false, fmt.Errorf("read price: %w", err)
	}
	return state, earlier, known, nil
}

// decode reads a JSON column; null is T's zero.
func decode[T any](column []byte) (value T, err error) {
	if column != nil {
		err = json.Unmarshal(column, &value)
	}
	return value, err
}

func write(ctx context.Context, tx bun.Tx, before model.Sale, sold []model.Purchase) error {
	n := len(sold)
	ordinals, shoppers, keys := make([]int32, n), make([]string, n), make([]string, n)
	for i, p := range sold {
		ordinals[i], shoppers[i], keys[i] = int32(p.Ordinal), p.ShopperID, p.IdempotencyKey //nolint:gosec // at most MaxStock
	}
	result, err := tx.Tx.ExecContext(ctx, writeSQL, before.ID, n, before.Version, ordinals, shoppers, keys)
	return guarded(result, err)
}

// fence writes to the sale without changing what it says: it waits for whoever still holds the row, and once it is
// committed, everything that it has seen is durable too.
func fence(ctx context.Context, tx bun.Tx, id model.SaleID) error {
	result, err := tx.Tx.ExecContext(ctx, `UPDATE sales SET version = version + 1 WHERE id = $1`, id)
	return guarded(result, err)
}

// guarded is nil when the update touched its row.
func guarded(result sql.Result, err error) error {
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	if touched, err := result.RowsAffected(); err != nil || touched != 1 {
		return errors.Join(errMoved, err)
	}
	return nil
}
