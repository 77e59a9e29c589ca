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

// MaxSales is how many sales a database may hold: every replica keeps all of them in memory.
const MaxSales = 10_000

// Store makes decisions durable. Every write runs in a serializable transaction that is tried again on conflicts.
type Store struct {
	db *pg.DB
}

// NewStore makes a store on a migrated database.
func NewStore(db *pg.DB) *Store { return &Store{db: db} }

// errMoved says that the guarded update found another state than the transaction had read. Serializable isolation
// makes that impossible; should it fail us, the guard holds and nothing is written.
var errMoved = errors.New("the sale moved under a serializable transaction")

// lostRace names the constraints that another replica's batch can make ours violate: that is a conflict like any
// other, and a fresh transaction sees the rows that were in its way.
var lostRace = pg.RetryUnique("purchases_pkey", "one_per_shopper")

// Commit loads the sale and the orders' earlier purchases, lets model.Decide judge, and writes what was sold: one
// insert of all rows, one guarded update of the sale. Errors: SALE_NOT_FOUND; pg.ErrContention and any error before
// COMMIT mean that nothing was written; pg.ErrOutcomeUnknown.
func (s *Store) Commit(ctx context.Context, id model.SaleID, orders []model.Order) (model.Decision, error) {
	var decision model.Decision
	err := s.db.Serializable(ctx, func(ctx context.Context, tx bun.Tx) error {
		state, err := loadSale(ctx, tx, id)
		if err != nil {
			return err
		}
		earlier, err := earlierPurchases(ctx, tx, id, orders)
		if err != nil {
			return err
		}
		decision = model.Decide(state.Sale, earlier, orders, state.At)
		return write(ctx, tx, state.Sale, decision)
	}, lostRace)
	if err != nil {
		return model.Decision{}, fmt.Errorf("commit %d orders: %w", len(orders), err)
	}
	return decision, nil
}

// loaded is a sale with the instant of the transaction that read it.
type loaded struct {
	model.Sale `bun:",extend"`
	At         time.Time `bun:"at,scanonly"`
}

func loadSale(ctx context.Context, tx bun.IDB, id model.SaleID) (model.State, error) {
	var row loaded
	err := tx.NewSelect().Model(&row).ColumnExpr("sale.*, now() AS at").Where("sale.id = ?", id).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return model.State{}, saleNotFound()
	}
	if err != nil {
		return model.State{}, fmt.Errorf("load sale: %w", err)
	}
	return model.State{Sale: row.Sale, At: row.At}, nil
}

// earlierPurchases looks every shopper up on its own in the unique index: a plan that stays cheap whatever the
// table's size, where `= ANY` may turn into a scan.
func earlierPurchases(
	ctx context.Context, tx bun.Tx, id model.SaleID, orders []model.Order,
) ([]model.Purchase, error) {
	shoppers := make([]string, len(orders))
	for i, order := range orders {
		shoppers[i] = order.ShopperID
	}
	rows, err := tx.Tx.QueryContext(ctx, `
		SELECT p.ordinal, p.shopper_id, coalesce(p.idempotency_key, ''), p.purchased_at
		FROM unnest($2::text[]) AS wanted (shopper_id)
		CROSS JOIN LATERAL (
			SELECT * FROM purchases WHERE sale_id = $1 AND shopper_id = wanted.shopper_id LIMIT 1
		) AS p`, id, shoppers)
	if err != nil {
		return nil, fmt.Errorf("load earlier purchases: %w", err)
	}
	defer rows.Close()
	var earlier []model.Purchase
	for rows.Next() {
		p := model.Purchase{SaleID: id}
		if err := rows.Scan(&p.Ordinal, &p.ShopperID, &p.IdempotencyKey, &p.PurchasedAt); err != nil {
			return nil, fmt.Errorf("read an earlier purchase: %w", err)
		}
		earlier = append(earlier, p)
	}
	return earlier, rows.Err()
}

// write makes the decision rows. The update is guarded by what was read, and the table by its constraints.
func write(ctx context.Context, tx bun.Tx, before model.Sale, d model.Decision) error {
	n := len(d.Sold)
	if n == 0 {
		return nil
	}
	ordinals, shoppers, keys := make([]int, n), make([]string, n), make([]string, n)
	for i, p := range d.Sold {
		ordinals[i], shoppers[i], keys[i] = p.Ordinal, p.ShopperID, p.IdempotencyKey
	}
	_, err := tx.Tx.ExecContext(ctx, `
		INSERT INTO purchases (sale_id, ordinal, shopper_id, idempotency_key, purchased_at)
		SELECT $1, new.ordinal, new.shopper_id, nullif(new.idempotency_key, ''), now()
		FROM unnest($2::int[], $3::text[], $4::text[]) AS new (ordinal, shopper_id, idempotency_key)`,
		before.ID, ordinals, shoppers, keys)
	if err != nil {
		return fmt.Errorf("insert purchases: %w", err)
	}
	result, err := tx.Tx.ExecContext(ctx, `
		UPDATE sales SET sold = sold + $2, version = version + 1
		WHERE id = $1 AND version = $3 AND sold + $2 <= stock`, before.ID, n, before.Version)
	return guarded(result, err)
}

// guarded is nil when the update touched its row.
func guarded(result sql.Result, err error) error {
	if err != nil {
		return fmt.Errorf("update sale: %w", err)
	}
	if touched, err := result.RowsAffected(); err != nil || touched != 1 {
		return errors.Join(errMoved, err)
	}
	return nil
}

// Amend makes an operator's change durable. Errors: as change says; SALE_NOT_FOUND; as Commit.
func (s *Store) Amend(
	ctx context.Context, id model.SaleID, change func(model.State) (model.Sale, error),
) (model.State, error) {
	var after model.State
	err := s.db.Serializable(ctx, func(ctx context.Context, tx bun.Tx) error {
		before, err := loadSale(ctx, tx, id)
		if err != nil {
			return err
		}
		sale, err := change(before)
		if err != nil {
			return err
		}
		after = model.State{Sale: sale, At: before.At}
		if sale.Version == before.Version {
			return nil
		}
		result, err := tx.NewUpdate().Model(&sale).
			Column("stock", "version", "starts_at", "ends_at", "paused_at", "ended_at").
			Where("id = ? AND version = ?", id, before.Version).Exec(ctx)
		return guarded(result, err)
	})
	if err != nil {
		return model.State{}, fmt.Errorf("amend sale %d: %w", id, err)
	}
	return after, nil
}

// Create makes a new sale of a plan. Errors: model.Problems; as Commit.
func (s *Store) Create(ctx context.Context, plan model.Plan) (model.State, error) {
	var created model.State
	err := s.db.Serializable(ctx, func(ctx context.Context, tx bun.Tx) error {
		var now time.Time
		var sales int
		err := tx.NewSelect().ColumnExpr("now(), (SELECT count(*) FROM sales)").Scan(ctx, &now, &sales)
		if err != nil {
			return fmt.Errorf("count sales: %w", err)
		}
		if sales >= MaxSales {
			return model.Problems{{Code: model.CodeConflict, Message: "This server holds as many sales as it can."}}
		}
		sale, err := model.Schedule(plan, now)
		if err != nil {
			return err
		}
		if _, err := tx.NewInsert().Model(&sale).Returning("id").Exec(ctx); err != nil {
			return fmt.Errorf("insert sale: %w", err)
		}
		created = model.State{Sale: sale, At: now}
		return nil
	})
	if err != nil {
		return model.State{}, fmt.Errorf("create sale: %w", err)
	}
	return created, nil
}
