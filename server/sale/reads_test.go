package sale_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/model"
	"stampede/server/pg/pgtest"
	"stampede/server/sale"
)

// everyRead asks for all that is read for a shopper or an operator, and gives what went wrong.
func everyRead(ctx context.Context, store *sale.Store) map[string]error {
	var mu sync.Mutex
	errs := map[string]error{}
	var asking sync.WaitGroup
	for name, ask := range map[string]func() error{
		"the viewer's purchase": func() error {
			_, _, err := store.PurchaseBy(ctx, 1, "ann")
			return err
		},
		"a purchase by its id": func() error {
			_, _, err := store.PurchaseNumbered(ctx, 1, 1)
			return err
		},
		"the viewer's purchases": func() error {
			_, _, err := store.PurchasesBy(ctx, "ann", 0, 10)
			return err
		},
		"the purchases of a sale": func() error {
			_, _, err := store.PurchasesIn(ctx, 1, model.PurchaseFilter{ShopperPrefix: "a"}, 0, 10)
			return err
		},
		"the changes of a sale": func() error {
			_, _, err := store.ChangesOf(ctx, 1, 0, 10)
			return err
		},
		"the course of a sale": func() error {
			_, err := store.SoldAt(ctx, 1, 10)
			return err
		},
		"a page of the export": func() error {
			_, err := store.PurchasesAfter(ctx, 1, 0, 10)
			return err
		},
	} {
		asking.Go(func() {
			err := ask()
			mu.Lock()
			defer mu.Unlock()
			errs[name] = err
		})
	}
	asking.Wait()
	return errs
}

// TestReadsWhileTheDatabaseIsAway: whether connections end or nothing comes back, it is nobody's mistake.
func TestReadsWhileTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	for _, silent := range []bool{false, true} {
		t.Run(fmt.Sprint("silent: ", silent), func(t *testing.T) {
			t.Parallel()
			direct := pgtest.New(t)
			var away atomic.Bool
			network := pgtest.Between(t, direct.Pool.Config().ConnString(), silent, func(int32, []byte) bool { return away.Load() })
			store := newStore(openURL(t, network.URL))
			t.Cleanup(network.Cut) // before the pool is closed, which would wait for goodbyes
			schedule(t, store, 1)
			for name, err := range everyRead(t.Context(), store) {
				require.NoError(t, err, name)
			}
			away.Store(true)
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			for name, err := range everyRead(ctx, store) {
				assert.Equal(t, model.CodeUnavailable, model.CodeOf(err), "%s: %v", name, err)
			}
		})
	}
}

// TestReadsThatAreWrong are our mistake, and one that nobody waits for any more is nobody's.
func TestReadsThatAreWrong(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	store := newStore(db)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for name, err := range everyRead(gone, store) {
		require.ErrorIs(t, err, context.Canceled, name)
		assert.Empty(t, model.CodeOf(err), name)
	}
	_, err := db.Pool.Exec(t.Context(), `DROP TABLE purchases, sale_changes`)
	require.NoError(t, err)
	for name, err := range everyRead(t.Context(), store) {
		require.ErrorContains(t, err, "42P01", name)
		assert.Empty(t, model.CodeOf(err), name)
	}
}
