package sale

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"stampede/model"
)

// This file is what operators ask afterwards: who bought, who changed what, and how it went.

// lastChange is the last operator's change of a sale, for those who mind; zero when there is none.
func lastChange(ctx context.Context, tx bun.Tx, id model.SaleID, seen model.Seen) (model.SaleChange, error) {
	var last model.SaleChange
	if seen == (model.Seen{}) {
		return last, nil
	}
	err := tx.NewSelect().Model(&last).Where("sale_id = ?", id).Order("version DESC").Limit(1).Scan(ctx)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return last, fmt.Errorf("read the last change: %w", err)
	}
	return last, nil
}

func record(ctx context.Context, tx bun.Tx, change model.SaleChange) error {
	if _, err := tx.NewInsert().Model(&change).Exec(ctx); err != nil {
		return fmt.Errorf("record the change: %w", err)
	}
	return nil
}

// ChangesOf lists up to limit operators' changes of a sale, the latest first, those below the version before (0: all),
// and counts all of them.
func (s *Store) ChangesOf(
	ctx context.Context, id model.SaleID, before int64, limit int,
) (found []model.SaleChange, total int, err error) {
	err = s.read(ctx, func(ctx context.Context) error {
		all, err := s.db.NewSelect().Model((*model.SaleChange)(nil)).Where("sale_id = ?", id).Count(ctx)
		if err != nil {
			return fmt.Errorf("count: %w", err)
		}
		total = int(all)
		query := s.db.NewSelect().Model(&found).Where("sale_id = ?", id).Order("version DESC").Limit(int64(limit))
		if before > 0 {
			query = query.Where("version < ?", before)
		}
		return query.Scan(ctx)
	})
	if err != nil {
		return nil, 0, fmt.Errorf("list the changes of a sale: %w", err)
	}
	return found, total, nil
}

// SoldAt is the course of a sale: when its first unit was sold, and its last, and up to points in all, evenly spread
// over the units. Each is one look into the primary key.
func (s *Store) SoldAt(ctx context.Context, id model.SaleID, points int) (found []model.SoldPoint, err error) {
	err = s.read(ctx, func(ctx context.Context) error {
		total, err := s.countPurchases(ctx, id, model.PurchaseFilter{})
		if err != nil || total == 0 {
			return err
		}
		return s.db.NewSelect().ColumnExpr("p.ordinal, p.purchased_at").
			TableExpr("unnest(?::int[]) AS wanted (ordinal)", pgdialect.Array(spread(total, points))).
			Join("CROSS JOIN LATERAL (SELECT * FROM purchases WHERE sale_id = ? AND ordinal = wanted.ordinal) AS p", id).
			Order("p.ordinal").Scan(ctx, &found)
	})
	if err != nil {
		return nil, fmt.Errorf("read the course of a sale: %w", err)
	}
	return found, nil
}

// spread picks up to n of the numbers 1 to total, the first and the last among them.
func spread(total, n int) []int {
	if total <= n {
		n = total
	}
	picked := make([]int, 0, n)
	for i := range n - 1 {
		picked = append(picked, 1+i*(total-1)/(n-1))
	}
	return append(picked, total)
}

// PurchasesIn lists up to limit purchases of a sale that a filter picks, with ordinals above after, ascending, and how
// many it picks in all.
func (s *Store) PurchasesIn(
	ctx context.Context, id model.SaleID, filter model.PurchaseFilter, after, limit int,
) (found []model.Purchase, total int, err error) {
	err = s.read(ctx, func(ctx context.Context) error {
		query := s.db.NewSelect().Model(&found)
		if filter == (model.PurchaseFilter{}) {
			query = pageOf(query, id, after, limit)
		} else {
			query = filtered(query.Where("sale_id = ? AND ordinal > ?", id, after), filter).Limit(int64(limit))
		}
		err := query.Order("ordinal").Scan(ctx)
		if err == nil {
			total, err = s.countPurchases(ctx, id, filter)
		}
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("list purchases of sale: %w", err)
	}
	return found, total, nil
}

// PurchasesAfter lists up to limit purchases of a sale with ordinals above after, ascending: a page of all of them.
func (s *Store) PurchasesAfter(
	ctx context.Context, id model.SaleID, after, limit int,
) (found []model.Purchase, err error) {
	err = s.read(ctx, func(ctx context.Context) error {
		found, err = s.purchasesAfter(ctx, id, after, limit)
		return err
	})
	return found, err
}

func (s *Store) purchasesAfter(ctx context.Context, id model.SaleID, after, limit int) ([]model.Purchase, error) {
	var found []model.Purchase
	err := pageOf(s.db.NewSelect().Model(&found), id, after, limit).Order("ordinal").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("list purchases of sale: %w", err)
	}
	return found, nil
}

// pageOf picks a page by its ordinals, which have no gaps. With a LIMIT instead, PostgreSQL reads and sorts all that
// follow while its statistics tell of fewer than there are, as they do of a sale that has just sold a million.
func pageOf(query *bun.SelectQuery, id model.SaleID, after, limit int) *bun.SelectQuery {
	return query.Where("sale_id = ? AND ordinal > ? AND ordinal <= ?", id, after, after+limit)
}

func (s *Store) countPurchases(ctx context.Context, id model.SaleID, filter model.PurchaseFilter) (int, error) {
	query := s.db.NewSelect().Model((*model.Purchase)(nil)).Where("sale_id = ?", id)
	if filter == (model.PurchaseFilter{}) {
		// Ordinals have no gaps: the highest is the number of them.
		query = query.ColumnExpr("coalesce(max(ordinal), 0)")
	} else {
		query = filtered(query.ColumnExpr("count(*)"), filter)
	}
	var total int
	if err := query.Scan(ctx, &total); err != nil {
		return 0, fmt.Errorf("count purchases of sale: %w", err)
	}
	return total, nil
}

func filtered(query *bun.SelectQuery, filter model.PurchaseFilter) *bun.SelectQuery {
	if filter.Ordinal > 0 {
		query = query.Where("ordinal = ?", filter.Ordinal)
	}
	if filter.ShopperPrefix != "" {
		query = query.Where("shopper_id ^@ ?", filter.ShopperPrefix) // the unique index finds it: it sorts by bytes
	}
	return query
}
