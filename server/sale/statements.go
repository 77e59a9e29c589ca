package sale

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"stampede/model"
	"stampede/server/pg"
)

// The statements of a purchase: one to read and one to write, or one that does both where the ledger foresees what
// will be read. They go through bun's transaction with parameters of their own ($1, arrays), for bun would write every
// value into the text. Each connection plans them once (pg.Open's sessionDefaults see to it that the plan is right
// whatever the tables' sizes).

// saleColumns are a sale as it stands in its row, and the transaction's instant.
const saleColumns = `sku, name, coalesce(description, ''), coalesce(image_url, ''), price, stock, sold, version,
       starts_at, ends_at, paused_at, ended_at, now()`

// loadSQL reads the sale, the transaction's instant, and earlier purchases: those of the shoppers in $3 when the sale
// has sold $2 units, the last of them to the shopper $5 at $6, and else those of the shoppers in $4. Each is looked up
// on its own in the unique index: that stays cheap whatever the table's size, where `= ANY` may turn into a scan.
const loadSQL = `
SELECT ` + saleColumns + `, history.known,
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

// writeSQL moves the sale on and inserts what was sold, if the sale still is as it was read and has the units; if not,
// it writes nothing at all.
const writeSQL = `
WITH moved AS (
    UPDATE sales SET sold = sold + $2, version = version + 1
    WHERE id = $1 AND version = $3 AND sold + $2 <= stock
    RETURNING id
)
INSERT INTO purchases (sale_id, ordinal, shopper_id, idempotency_key, purchased_at)
SELECT moved.id, new.ordinal, new.shopper_id, nullif(new.idempotency_key, ''), now()
FROM moved, unnest($4::int[], $5::text[], $6::text[]) AS new (ordinal, shopper_id, idempotency_key)`

// reach is how many versions of a sale a foresight is good for where others sell too. Who finds out what became of a
// purchase that was given up, and an operator who changes the sale, move it on by as many: should that purchase still
// be under way, it comes too late.
const reach = 64

// sellSQL is both in one: it moves the sale on and inserts what was sold if it finds the sale within $4 versions from
// $3 on, active, with enough units, and with the purchase of ordinal $5 that the ledger has seen, to the shopper $8 at
// $9. Then it returns all of the sale, as it was before, that can change while it is active, and where its row has come
// to lie; if not, it writes and returns nothing at all.
//
// For the end it looks at the clock, and not at when its transaction began: it may have been on its way for long. It
// looks for the row where that lies, at $10, and by the index only if that is empty: while an old snapshot is held, by
// a backup or a long query, every version of the row remains, and by the index one meets them all.
const sellSQL = `
WITH moved AS (
    UPDATE sales SET sold = sold + $2, version = version + 1
    WHERE ctid = coalesce(nullif($10, '')::tid, (SELECT ctid FROM sales WHERE id = $1)) AND id = $1
        AND version >= $3 AND version < $3 + $4 AND sold + $2 <= stock
        AND paused_at IS NULL AND ended_at IS NULL AND starts_at <= now()
        AND (ends_at IS NULL OR clock_timestamp() < ends_at)
        AND ($5 <= 0 OR EXISTS (
            SELECT FROM purchases WHERE sale_id = $1 AND ordinal = $5 AND shopper_id = $8 AND purchased_at = $9
        ))
    RETURNING id, stock, sold, version, starts_at, ends_at, ctid AS place
), written AS (
    INSERT INTO purchases (sale_id, ordinal, shopper_id, idempotency_key, purchased_at)
    SELECT moved.id, moved.sold - $2 + new.nth, new.shopper_id, nullif(new.idempotency_key, ''), now()
    FROM moved, unnest($6::text[], $7::text[]) WITH ORDINALITY AS new (shopper_id, idempotency_key, nth)
)
SELECT stock, sold - $2, version - 1, starts_at, ends_at, now(), place::text FROM moved`

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
	var found []byte
	last := w.seen.last
	row := tx.Tx.QueryRowContext(
		pg.Together(ctx), loadSQL, id, w.seen.ordinal, w.suspects, w.shoppers, last.ShopperID, last.PurchasedAt)
	state, err = scanSale(row, id, &known, &found)
	if errors.Is(err, sql.ErrNoRows) {
		return state, nil, false, saleNotFound()
	}
	if err != nil {
		return state, nil, false, fmt.Errorf("load sale: %w", err)
	}
	if earlier, err = decode[[]model.Purchase](found); err != nil {
		return state, nil, false, fmt.Errorf("read earlier purchases: %w", err)
	}
	for i := range earlier {
		earlier[i].SaleID = id
	}
	return state, earlier, known, nil
}

// scanSale reads saleColumns, and what a row has beyond them.
func scanSale(row interface{ Scan(dest ...any) error }, id model.SaleID, more ...any) (state model.State, err error) {
	state.ID = id
	var price []byte
	var endsAt, pausedAt, endedAt sql.NullTime
	if err := row.Scan(append([]any{
		&state.Product.SKU, &state.Product.Name, &state.Product.Description, &state.Product.ImageURL, &price,
		&state.Stock, &state.Sold, &state.Version, &state.StartsAt, &endsAt, &pausedAt, &endedAt, &state.At,
	}, more...)...); err != nil {
		return state, err
	}
	state.EndsAt, state.PausedAt, state.EndedAt = endsAt.Time, pausedAt.Time, endedAt.Time
	if state.Product.Price, err = decode[*model.Money](price); err != nil {
		return state, fmt.Errorf("read price: %w", err)
	}
	return state, nil
}

// decode reads a JSON column; null is T's zero.
func decode[T any](column []byte) (value T, err error) {
	if column != nil {
		err = json.Unmarshal(column, &value)
	}
	return value, err
}

// write is the last statement of its transaction. It must have touched a row for each purchase, which can be asked once
// the transaction is committed: if not, it has written nothing.
func write(ctx context.Context, tx bun.Tx, before model.Sale, sold []model.Purchase) (sql.Result, error) {
	n := len(sold)
	ordinals, shoppers, keys := make([]int32, n), make([]string, n), make([]string, n)
	for i, p := range sold {
		ordinals[i], shoppers[i], keys[i] = int32(p.Ordinal), p.ShopperID, p.IdempotencyKey //nolint:gosec // at most MaxStock
	}
	result, err := tx.Tx.ExecContext(pg.Together(ctx), writeSQL, before.ID, n, before.Version, ordinals, shoppers, keys)
	if err != nil {
		return nil, fmt.Errorf("write: %w", err)
	}
	return result, nil
}

// sell is the only statement of its transaction: it sells a unit to each order, and row is what it found of the sale.
func sell(ctx context.Context, tx bun.Tx, row *pg.Row, f foresight, orders []model.Order) error {
	n := len(orders)
	shoppers, keys := make([]string, n), make([]string, n)
	for i, o := range orders {
		shoppers[i], keys[i] = o.ShopperID, o.IdempotencyKey
	}
	last := f.seen.last
	_, err := tx.Tx.ExecContext(row.Together(ctx), sellSQL, f.sale.ID, n, f.sale.Version, f.reach, f.seen.ordinal,
		shoppers, keys, last.ShopperID, last.PurchasedAt, f.place)
	if err != nil {
		return fmt.Errorf("sell: %w", err)
	}
	return nil
}

// fence writes to the sale without changing what it says: it waits for whoever still holds the row, and once it is
// committed, everything that it has seen is durable too, and no foresight from before finds the sale within its reach.
func fence(ctx context.Context, tx bun.Tx, id model.SaleID) error {
	result, err := tx.Tx.ExecContext(ctx, `UPDATE sales SET version = version + $2 WHERE id = $1`, id, reach)
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return touched(result, 1)
}

// confirmSQL writes a word for nobody into the write-ahead log.
const confirmSQL = `SELECT pg_logical_emit_message(true, 'stampede', ''::text)`

// confirm is the last statement of a transaction that has written nothing: once that is committed, everything that it
// has seen is durable. A COMMIT that has nothing to write waits for nobody, and what it has seen may be lost: a
// transaction that waits for a standby in vain is seen by all once the primary has restarted. Unlike fence it takes no
// lock, and travels with COMMIT.
func confirm(ctx context.Context, tx bun.Tx) error {
	if _, err := tx.Tx.ExecContext(pg.Together(ctx), confirmSQL); err != nil {
		return fmt.Errorf("confirm: %w", err)
	}
	return nil
}

// touched is nil when a statement has touched n rows.
func touched(result sql.Result, n int) error {
	if rows, err := result.RowsAffected(); err != nil || rows != int64(n) {
		return errors.Join(errMoved, err)
	}
	return nil
}
