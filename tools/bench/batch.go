package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"stampede/model"
	"stampede/server/sale"
)

// batchSizes are one caller's, those of half the floor's rate, and a rush's.
var batchSizes = []int{1, 20, 200}

// measureBatch says what a batch costs PostgreSQL and this process of the processor, when nothing else runs: a part of
// it for the batch, and a part for each purchase in it.
func measureBatch(ctx context.Context, b *bench) (err error) {
	db, _, err := b.database(ctx, "batch")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	store := sale.NewStore(db, nil, quiet())
	spent := spending[int]{}
	for _, n := range batchSizes {
		for range b.rounds {
			id, err := openSale(ctx, db)
			if err != nil {
				return err
			}
			if _, err := commitFor(ctx, store, id, n, b.seconds/8); err != nil { // warm up
				return err
			}
			before, err := readSpent()
			if err != nil {
				return err
			}
			batches, err := commitFor(ctx, store, id, n, b.seconds/2)
			if err != nil {
				return err
			}
			after, err := readSpent()
			if err != nil {
				return err
			}
			each := after.since(before).each(batches)
			spent.note(n, map[string]float64{"postgres": each["postgres"], "lane": each["load"]})
		}
		for who, us := range spent[n] {
			b.report.add("batch", who, fmt.Sprintf("batches of %d", n), "µs of processor", us)
		}
		b.say("batch   of %d: postgres %.0f µs, lane %.0f µs", n, median(spent[n]["postgres"]), median(spent[n]["lane"]))
	}
	return nil
}

// commitFor commits batches of n purchases one after the other, and returns their number.
func commitFor(
	ctx context.Context, store *sale.Store, id model.SaleID, n int, d time.Duration,
) (batches int, err error) {
	orders := make([]model.Order, n)
	for start := time.Now(); time.Since(start) < d; batches++ {
		for i := range orders {
			orders[i] = model.Order{
				ShopperID: fmt.Sprintf("shopper-%09d", shopperNumber.Add(1)), IdempotencyKey: "one-and-only",
			}
		}
		if _, err := store.Commit(ctx, id, orders); err != nil {
			return batches, err
		}
	}
	return batches, nil
}
