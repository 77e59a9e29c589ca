package sale

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"stampede/model"
	"stampede/server/pg"
)

// Sales lists every sale, and the database's clock when it was read.
func (s *Store) Sales(ctx context.Context) ([]model.Sale, time.Time, error) {
	var rows []loaded
	err := s.db.NewSelect().Model(&rows).ColumnExpr("sale.*, now() AS at").Limit(MaxSales).Scan(ctx)
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("list sales: %w", err)
	}
	all := make([]model.Sale, len(rows))
	var now time.Time
	for i, row := range rows {
		all[i], now = row.Sale, row.At
	}
	return all, now, nil
}

// Sale reads one sale. Errors: SALE_NOT_FOUND.
func (s *Store) Sale(ctx context.Context, id model.SaleID) (model.State, error) {
	var row loaded
	err := s.db.NewSelect().Model(&row).ColumnExpr("sale.*, now() AS at").Where("sale.id = ?", id).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return model.State{}, saleNotFound()
	}
	if err != nil {
		return model.State{}, fmt.Errorf("read sale: %w", err)
	}
	return model.State{Sale: row.Sale, At: row.At}, nil
}

// loaded is a sale with the instant of the transaction that read it.
type loaded struct {
	model.Sale `bun:",extend"`

	At time.Time `bun:"at,scanonly"`
}

// Pulse is what a replica looks at now and then to see whether it has missed something: how many sales there are,
// the sum of their versions (which only grow), and the database's clock.
func (s *Store) Pulse(ctx context.Context) (sales int, versions int64, now time.Time, err error) {
	err = s.db.NewSelect().Model((*model.Sale)(nil)).
		ColumnExpr("count(*), coalesce(sum(version), 0)::bigint, clock_timestamp()").Scan(ctx, &sales, &versions, &now)
	if err != nil {
		return 0, 0, time.Time{}, fmt.Errorf("read the sales' pulse: %w", err)
	}
	return sales, versions, now, nil
}

// Surpass makes a sale's version more than this one, which the database has had and lost, and reads the sale. Who had
// bought is not known by heart any more. Errors: SALE_NOT_FOUND.
func (s *Store) Surpass(ctx context.Context, id model.SaleID, version int64) (model.State, error) {
	s.ledger.forget(id)
	err := s.db.Serializable(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewUpdate().Model((*model.Sale)(nil)).
			Set("version = ?", version+1).Where("id = ? AND version <= ?", id, version).Exec(ctx)
		return err
	})
	if err != nil {
		return model.State{}, fmt.Errorf("surpass a version: %w", err)
	}
	return s.Sale(ctx, id)
}

const (
	// maxReads is how many reads of purchases may be under way: the rest of the pool is for those who sell.
	maxReads = 8
	// readPatience is how long a read waits for its place, and then for its answer.
	readPatience = 2 * time.Second
)

// read waits for a place among the reads, and then for what ask asks. Errors: UNAVAILABLE when neither came in time, or
// the database was away; as ask, when it was wrong or nobody waits for it any more.
func (s *Store) read(ctx context.Context, ask func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, readPatience)
	defer cancel()
	select {
	case s.reads <- struct{}{}:
	case <-ctx.Done():
		return asUnavailable("Too many are asking just now: ask again in a moment.", ctx.Err())
	}
	defer func() { <-s.reads }()
	return asUnavailable("The database does not answer just now: ask again in a moment.", ask(ctx))
}

// asUnavailable gives an error that tells of no mistake its code, and keeps it as the cause.
func asUnavailable(message string, err error) error {
	if !pg.IsAway(err) {
		return err
	}
	return &model.Error{Code: model.CodeUnavailable, Message: message, Err: err}
}

// PurchaseBy is a shopper's purchase in a sale; false when there is none.
func (s *Store) PurchaseBy(ctx context.Context, id model.SaleID, shopperID string) (model.Purchase, bool, error) {
	return s.onePurchase(ctx, "sale_id = ? AND shopper_id = ?", id, shopperID)
}

// PurchaseNumbered is the purchase with this ordinal; false when there is none.
func (s *Store) PurchaseNumbered(ctx context.Context, id model.SaleID, ordinal int) (model.Purchase, bool, error) {
	return s.onePurchase(ctx, "sale_id = ? AND ordinal = ?", id, ordinal)
}

func (s *Store) onePurchase(ctx context.Context, where string, args ...any) (model.Purchase, bool, error) {
	var p model.Purchase
	err := s.read(ctx, func(ctx context.Context) error {
		return s.db.NewSelect().Model(&p).Where(where, args...).Scan(ctx)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return p, false, nil
	}
	if err != nil {
		return p, false, fmt.Errorf("find purchase: %w", err)
	}
	return p, true, nil
}

// A shopper's purchases are looked up sale by sale in the unique index. By the shopper alone they could be found in no
// index (PostgreSQL 18 skips through the sales of this one, an older one reads all of it), and a third index would be
// paid for by each purchase.
const (
	purchasesBySQL = `
SELECT p.* FROM sales AS s
CROSS JOIN LATERAL (SELECT * FROM purchases WHERE sale_id = s.id AND shopper_id = ?1 LIMIT 1) AS p
WHERE ?0 <= 0 OR s.id < ?0
ORDER BY s.id DESC LIMIT ?2`
	countBySQL = `
SELECT count(*) FROM sales AS s
CROSS JOIN LATERAL (SELECT FROM purchases WHERE sale_id = s.id AND shopper_id = ?0 LIMIT 1) AS p`
)

// PurchasesBy lists up to limit purchases of a shopper, the newest sale first, in sales below before (0: all), and
// how many there are in all.
func (s *Store) PurchasesBy(
	ctx context.Context, shopperID string, before model.SaleID, limit int,
) (found []model.Purchase, total int, err error) {
	err = s.read(ctx, func(ctx context.Context) error {
		err := s.db.NewRaw(purchasesBySQL, before, shopperID, limit).Scan(ctx, &found)
		if err == nil {
			err = s.db.NewRaw(countBySQL, shopperID).Scan(ctx, &total)
		}
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("list purchases of shopper: %w", err)
	}
	return found, total, nil
}
