package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"stampede/model"
	"stampede/server/pg"
	"stampede/server/sale"
)

// openSale makes a sale that is on and will not sell out.
func openSale(ctx context.Context, db *pg.DB) (model.SaleID, error) {
	state, err := sale.NewStore(db, nil, quiet()).Create(ctx, "bench", model.Plan{
		Product: model.Product{SKU: "BENCH", Name: "Bench"}, Stock: model.MaxStock, StartsAt: time.Now().Add(-time.Minute),
	})
	return state.ID, err
}

// shopperNumber makes every shopper of a run a new one.
var shopperNumber atomic.Int64

// sellFor lets so many callers buy as fast as they can, and returns the purchases a second and their latencies, sorted.
func sellFor(
	ctx context.Context, s seller, id model.SaleID, callers int, d time.Duration,
) (float64, []time.Duration, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	latencies := make([][]time.Duration, callers)
	errs := make([]error, callers)
	var running sync.WaitGroup
	start := time.Now()
	for i := range callers {
		running.Go(func() {
			for time.Since(start) < d {
				began := time.Now()
				sold, err := s.sell(ctx, id, fmt.Sprintf("shopper-%09d", shopperNumber.Add(1)))
				if err != nil || !sold {
					errs[i] = errors.Join(err, ctx.Err())
					if err == nil {
						errs[i] = errors.New("a purchase that could not fail was refused")
					}
					cancel()
					return
				}
				latencies[i] = append(latencies[i], time.Since(began))
			}
		})
	}
	running.Wait()
	took := time.Since(start)
	all := slices.Concat(latencies...)
	slices.Sort(all)
	return float64(len(all)) / took.Seconds(), all, errors.Join(errs...)
}

// verify holds the table against the sale's own count: what was measured was really sold.
func verify(ctx context.Context, db *pg.DB, id model.SaleID) error {
	var sold, rows, last int
	err := db.Pool.QueryRow(ctx, `
		SELECT sold, (SELECT count(*) FROM purchases WHERE sale_id = $1),
			(SELECT coalesce(max(ordinal), 0) FROM purchases WHERE sale_id = $1)
		FROM sales WHERE id = $1`, id).Scan(&sold, &rows, &last)
	if err != nil {
		return err
	}
	if sold != rows || rows != last {
		return fmt.Errorf("the sale says %d sold, the table holds %d, the last ordinal is %d", sold, rows, last)
	}
	return nil
}

// rivals are the engines, each on its own sale of one database.
func (b *bench) rivals(ctx context.Context, db *pg.DB) (map[string]seller, error) {
	own, err := newGroup(ctx, db)
	if err != nil {
		return nil, err
	}
	return map[string]seller{
		"plain":    plain{sale.NewStore(db, nil, quiet())},
		"row lock": rowLock{db},
		"group":    own,
	}, nil
}

// measureEngine compares the engines at 8, 100 and 1 000 callers.
func measureEngine(ctx context.Context, b *bench) error {
	db, _, err := b.database(ctx, "engine")
	if err != nil {
		return err
	}
	rivals, err := b.rivals(ctx, db)
	if err != nil {
		return err
	}
	for _, callers := range []int{8, 100, 1000} {
		rates, p99s := map[string][]float64{}, map[string][]float64{}
		for range b.rounds {
			for _, name := range []string{"plain", "row lock", "group"} {
				id, err := openSale(ctx, db)
				if err != nil {
					return err
				}
				rate, latencies, err := sellFor(ctx, rivals[name], id, callers, b.seconds)
				if err = errors.Join(err, verify(ctx, db, id)); err != nil {
					return fmt.Errorf("%s, %d callers: %w", name, callers, err)
				}
				rates[name] = append(rates[name], rate)
				p99s[name] = append(p99s[name], ms(percentile(latencies, 0.99)))
				b.say("engine  %4d callers  %-8s  %9.0f /s  p99 %8.1f ms", callers, name, rate, ms(percentile(latencies, 0.99)))
			}
		}
		for name := range rates {
			b.report.add("engine", name, fmt.Sprintf("%d callers", callers), "purchases/s", rates[name])
			b.report.add("engine", name, fmt.Sprintf("%d callers", callers), "p99 ms", p99s[name])
		}
		b.report.ratio("engine", fmt.Sprintf("group commit / plain, %d callers", callers), rates["group"], rates["plain"])
	}
	return closeAll(rivals, db)
}

// measureAlone compares what one caller alone waits for.
func measureAlone(ctx context.Context, b *bench) error {
	db, _, err := b.database(ctx, "alone")
	if err != nil {
		return err
	}
	rivals, err := b.rivals(ctx, db)
	if err != nil {
		return err
	}
	medians := map[string][]float64{}
	for range 2 * b.rounds {
		for _, name := range []string{"plain", "group"} {
			id, err := openSale(ctx, db)
			if err != nil {
				return err
			}
			_, latencies, err := sellFor(ctx, rivals[name], id, 1, b.seconds/2)
			if err != nil {
				return err
			}
			medians[name] = append(medians[name], ms(percentile(latencies, 0.5)))
			b.say("alone   %-8s p50 %.3f ms", name, ms(percentile(latencies, 0.5)))
		}
	}
	for name, values := range medians {
		b.report.add("alone", name, "1 caller", "p50 ms", values)
	}
	b.report.ratio("alone", "p50 of group commit / plain, 1 caller", medians["group"], medians["plain"])
	return closeAll(rivals, db)
}

func closeAll(rivals map[string]seller, db *pg.DB) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var err error
	for _, r := range rivals {
		err = errors.Join(err, r.close(ctx))
	}
	return errors.Join(err, db.Close())
}

func percentile(sorted []time.Duration, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(p*float64(len(sorted))))]
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// wait returns after d, or when ctx ends.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
