package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"stampede/model"
	"stampede/server/pg"
	"stampede/server/sale"
)

// measureHistory compares by turns the engine on an empty table with the engine on one with a long history, and in the
// sale that has it: first as a server that has just started, and then as one that has read up who has bought.
func measureHistory(ctx context.Context, b *bench) error {
	young, _, err := b.database(ctx, "none")
	if err != nil {
		return err
	}
	aged, _, err := b.database(ctx, "history")
	if err != nil {
		return err
	}
	old, err := openSale(ctx, aged)
	if err != nil {
		return err
	}
	if err := b.writeHistory(ctx, aged, old); err != nil {
		return err
	}
	without, with := newEngine(young), newEngine(aged)
	none := func() (float64, error) { return sellAnew(ctx, without, young, b.seconds) }
	long := func() (float64, error) { return sellAnew(ctx, with, aged, b.seconds) }
	same := func() (float64, error) {
		rate, _, err := sellFor(ctx, with, old, 1000, b.seconds)
		return rate, err
	}
	beforeReading, err := b.besideNone(none, long, "long", "rate with a long history / with none")
	if err != nil {
		return err
	}
	if err := b.readUp(ctx, with, old); err != nil {
		return err
	}
	afterReading, err := b.besideNone(none, same, "same sale", "rate into a sale that has sold them / with none")
	if err != nil {
		return err
	}
	b.reportHistory("none", slices.Concat(beforeReading, afterReading), "purchases/s")
	return errors.Join(verify(ctx, aged, old),
		closeAll(map[string]seller{"engine": without}, young), closeAll(map[string]seller{"engine": with}, aged))
}

// sellAnew sells units of a new sale.
func sellAnew(ctx context.Context, own engine, db *pg.DB, d time.Duration) (float64, error) {
	id, err := openSale(ctx, db)
	if err != nil {
		return 0, err
	}
	rate, _, err := sellFor(ctx, own, id, 1000, d)
	return rate, err
}

// besideNone measures by turns how fast units are sold without a history and with one, and returns the former.
func (b *bench) besideNone(none, other func() (float64, error), name, ratio string) (without []float64, err error) {
	rates := map[string][]float64{}
	for range b.rounds {
		for _, turn := range []struct {
			name string
			sell func() (float64, error)
		}{{"none", none}, {name, other}} {
			rate, err := turn.sell()
			if err != nil {
				return nil, err
			}
			rates[turn.name] = append(rates[turn.name], rate)
			b.say("history %-10s %9.0f /s", turn.name, rate)
		}
	}
	b.reportHistory(name, rates[name], "purchases/s")
	b.report.ratio("history", ratio, rates[name], rates["none"])
	return rates["none"], nil
}

func (b *bench) reportHistory(name string, values []float64, unit string) {
	b.report.add("history", name, fmt.Sprintf("%d earlier purchases", b.history), unit, values)
}

// readUp sells units of a sale until the engine has read up who bought before it started, and notes how long that takes
// and what is sold meanwhile.
func (b *bench) readUp(ctx context.Context, own engine, id model.SaleID) error {
	const patience = 5 * time.Minute
	began, rates := time.Now(), []float64{}
	for len(rates) == 0 || own.Unseen()[id] > 0 {
		rate, _, err := sellFor(ctx, own, id, 1000, time.Second)
		if err != nil {
			return err
		}
		rates = append(rates, rate)
		b.say("history same sale  %9.0f /s, and %d purchases to be read", rate, own.Unseen()[id])
		if time.Since(began) > patience {
			return errors.New("the engine does not get to know who has bought")
		}
	}
	b.reportHistory("just started", []float64{median(rates)}, "purchases/s")
	b.reportHistory("just started", []float64{time.Since(began).Seconds()}, "s until all are known")
	return nil
}

// writeHistory writes earlier purchases into a sale, and notes the plans at three sizes.
func (b *bench) writeHistory(ctx context.Context, db *pg.DB, old model.SaleID) error {
	for from, sizes := 0, []int{1000, 1_000_000, b.history}; len(sizes) > 0; from, sizes = sizes[0], sizes[1:] {
		b.say("history writing earlier purchases up to %d", sizes[0])
		if err := earlier(ctx, db, old, from+1, sizes[0]); err != nil {
			return err
		}
		if err := b.explain(ctx, db, old, sizes[0]); err != nil {
			return err
		}
	}
	// What was written in a minute and a half shall lie on the disk, as what others sold in years does.
	if _, err := db.Pool.Exec(ctx, "CHECKPOINT"); err != nil {
		return err
	}
	if err := b.warmWAL(ctx); err != nil {
		return err
	}
	return b.awaitCalmDisk(ctx, os.TempDir())
}

// explain notes how PostgreSQL carries out a batch after n earlier purchases.
func (b *bench) explain(ctx context.Context, db *pg.DB, id model.SaleID, n int) error {
	const batch = 500
	for _, c := range []struct {
		look bool
		what string
	}{
		{false, "memory knows every buyer: nobody is looked for"},
		{true, "memory knows nothing: everybody is looked for"},
	} {
		plan, err := sale.NewStore(db, nil, quiet()).Explain(ctx, id, batch, c.look)
		if err != nil {
			return err
		}
		b.report.Plans += fmt.Sprintf("== A batch of %d after %d purchases; %s\n\n%s\n", batch, n, c.what, plan)
	}
	return nil
}

// earlier writes purchases with ordinals first to n into a sale, in slices that keep the WAL in bounds.
func earlier(ctx context.Context, db *pg.DB, id model.SaleID, first, n int) error {
	const slice = 1_000_000
	for from := first; from <= n; from += slice {
		_, err := db.Pool.Exec(ctx, `INSERT INTO purchases (sale_id, ordinal, shopper_id, purchased_at)
			SELECT $1, n, 'earlier-' || md5(n::text), now() FROM generate_series($2::int, $3::int) AS n`,
			id, from, min(from+slice-1, n))
		if err != nil {
			return err
		}
	}
	if _, err := db.Pool.Exec(ctx, `UPDATE sales SET sold = $2, version = version + 1 WHERE id = $1`, id, n); err != nil {
		return err
	}
	_, err := db.Pool.Exec(ctx, `ANALYZE purchases`)
	return err
}
