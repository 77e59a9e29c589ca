package main

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"

	"stampede/model"
	"stampede/server/pg"
	"stampede/server/sale"
)

// seller buys one unit for a shopper, durably, and says whether it did.
type seller interface {
	sell(ctx context.Context, id model.SaleID, shopper string) (bool, error)
	close(ctx context.Context) error
}

// plain is the common answer: one serializable transaction a purchase, tried again on conflicts with jitter.
type plain struct{ store *sale.Store }

func (p plain) sell(ctx context.Context, id model.SaleID, shopper string) (bool, error) {
	const asks = 20 // a caller who is told that nothing was bought asks again
	for n := 1; ; n++ {
		d, err := p.store.Commit(ctx, id, []model.Order{{ShopperID: shopper}})
		switch {
		case err == nil:
			return d.Outcomes[0].Verdict == model.VerdictSold, nil
		case ctx.Err() == nil && n < asks && !errors.Is(err, pg.ErrOutcomeUnknown):
			continue
		default:
			return false, err
		}
	}
}

func (plain) close(context.Context) error { return nil }

// rowLock is the other common answer: read committed, and a lock on the sale's row.
type rowLock struct{ db *pg.DB }

func (r rowLock) sell(ctx context.Context, id model.SaleID, shopper string) (bool, error) {
	bought := false
	committed := &sql.TxOptions{Isolation: sql.LevelReadCommitted}
	err := r.db.RunInTx(ctx, committed, func(ctx context.Context, tx bun.Tx) error {
		var stock, sold, before int
		err := tx.Tx.QueryRowContext(ctx, `
			SELECT stock, sold FROM sales WHERE id = $1 AND starts_at <= now() FOR UPDATE`, id).Scan(&stock, &sold)
		if err != nil || sold >= stock {
			return err
		}
		err = tx.Tx.QueryRowContext(ctx, `
			SELECT count(*) FROM purchases WHERE sale_id = $1 AND shopper_id = $2`, id, shopper).Scan(&before)
		if err != nil || before > 0 {
			return err
		}
		_, err = tx.Tx.ExecContext(ctx, `INSERT INTO purchases VALUES ($1, $2, $3, NULL, now())`, id, sold+1, shopper)
		if err != nil {
			return err
		}
		_, err = tx.Tx.ExecContext(ctx, `UPDATE sales SET sold = sold + 1, version = version + 1 WHERE id = $1`, id)
		bought = err == nil
		return err
	})
	return bought, err
}

func (rowLock) close(context.Context) error { return nil }

// engine is group commit with all that a server has around it: what it knows of a sale it reads up while it sells.
type engine struct{ *sale.Service }

func newEngine(db *pg.DB) engine {
	return engine{sale.New(sale.NewStore(db, nil, quiet()), noBoard{}, sale.Limits{}, quiet())}
}

func (e engine) sell(ctx context.Context, id model.SaleID, shopper string) (bool, error) {
	o, err := e.Purchase(ctx, id, model.Order{ShopperID: shopper})
	return err == nil && o.Verdict == model.VerdictSold, err
}

func (e engine) close(ctx context.Context) error { return e.Close(ctx) }

// noBoard cannot say how a sale stands, so that every order goes to the database.
type noBoard struct{}

func (noBoard) Publish(model.Sale) {}

func (noBoard) Latest(model.SaleID) (model.State, bool, error) {
	return model.State{}, true, errors.New("there is no board")
}

// group is Stampede's own: group commit, with turns.
type group struct {
	batcher *sale.Batcher
	turns   *pg.Turns
}

func newGroup(ctx context.Context, db *pg.DB) (*group, error) {
	turns, err := db.NewTurns(ctx)
	if err != nil {
		return nil, err
	}
	store := sale.NewStore(db, turns, quiet())
	return &group{turns: turns, batcher: sale.NewBatcher(store, func(model.Decision) {}, sale.Limits{}, quiet())}, nil
}

func (g *group) sell(ctx context.Context, id model.SaleID, shopper string) (bool, error) {
	o, err := g.batcher.Do(ctx, id, model.Order{ShopperID: shopper})
	return o.Verdict == model.VerdictSold, err
}

func (g *group) close(ctx context.Context) error {
	err := g.batcher.Close(ctx)
	g.turns.Close()
	return err
}
