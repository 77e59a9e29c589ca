package sale //nolint:testpackage // memory is nobody else's

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/model"
	"stampede/server/pg"
	"stampede/server/pg/pgtest"
)

// A test that waits for a state that nothing signals looks again every tick, and gives up after limit.
const (
	limit = 20 * time.Second
	tick  = time.Millisecond
)

func openMemory(t *testing.T, store *Store) *memory {
	t.Helper()
	m := newMemory(store, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { assert.NoError(t, m.close(context.Background())) })
	return m
}

// bought has these shoppers buy, and returns the sale as they leave it.
func bought(t *testing.T, store *Store, id model.SaleID, shoppers ...string) model.Sale {
	t.Helper()
	var orders []model.Order
	for _, shopper := range shoppers {
		orders = append(orders, model.Order{ShopperID: shopper, IdempotencyKey: shopper})
	}
	d, err := store.Commit(t.Context(), id, orders)
	require.NoError(t, err)
	require.Len(t, d.Sold, len(shoppers))
	return d.Sale
}

// loses sets a sale back, as a failover does, to its first units.
func loses(t *testing.T, db *pg.DB, kept int) {
	t.Helper()
	_, err := db.Pool.Exec(t.Context(), fmt.Sprintf(`WITH lost AS (DELETE FROM purchases WHERE ordinal > %d)
		UPDATE sales SET sold = %[1]d, version = version - 1`, kept))
	require.NoError(t, err)
}

// TestCatchingUpFindsAnotherHistory: others have sold past what is known here before anybody here looked. Whoever reads on
// would take their purchases for the continuation of lost ones.
func TestCatchingUpFindsAnotherHistory(t *testing.T) {
	t.Parallel()
	for name, more := range map[string][]string{
		"fewer": {"dan"}, "as many": {"dan", "eve"}, "more": {"dan", "eve", "fay", "gil"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.New(t)
			store, lamp := openSale(t, db)
			m := openMemory(t, store)
			bought(t, store, lamp.ID, "ann")
			bought(t, store, lamp.ID, "ben", "cid")
			loses(t, db, 1)
			there := NewStore(db, nil, slog.New(slog.DiscardHandler))
			sale := bought(t, there, lamp.ID, more...)
			sale.Sold = max(sale.Sold, 4) // or it would not even be looked

			require.NoError(t, m.read(sale))
			_, known := m.find(lamp.ID, "cid")
			assert.False(t, known)
			require.NoError(t, m.read(sale))
			assert.Equal(t, 1+len(more), m.seen(lamp.ID).ordinal)
			for _, buyer := range more {
				_, known := m.find(lamp.ID, buyer)
				assert.True(t, known, buyer)
			}
		})
	}
}

// TestWhatWasReadBeforeIsNotNotedAfterwards: a page of the lost history may still be on its way when it is forgotten.
func TestWhatWasReadBeforeIsNotNotedAfterwards(t *testing.T) {
	t.Parallel()
	l := newLedger()
	lamp := model.Sale{ID: 1, Stock: 100}
	for _, forget := range []func(){func() { l.forget(1) }, l.forgetAll} {
		history := l.history.Load()
		l.note(history, lamp, purchases(1, 10))
		forget()
		l.note(history, lamp, purchases(1, 20))
		assert.Empty(t, l.books)
		assert.Empty(t, l.order)
		l.note(l.history.Load(), lamp, purchases(1, 10))
		assert.True(t, l.stranger(1, "ann", 10))
	}
}

// TestCatchingUpDoesNotHangOnADeadNetwork: it tries again once the network is back, for any sale.
func TestCatchingUpDoesNotHangOnADeadNetwork(t *testing.T) {
	t.Parallel()
	direct := pgtest.New(t)
	elsewhere, lamp := openSale(t, direct)
	sale := bought(t, elsewhere, lamp.ID, "ann")
	var db *pg.DB
	t.Cleanup(func() { assert.NoError(t, db.Close()) }) // after the network, for which a dead connection waits
	var dead atomic.Bool
	network := pgtest.Between(t, direct.Pool.Config().ConnString(), true, func(_ int32, sent []byte) bool {
		return dead.Load() && bytes.Contains(sent, []byte("purchases"))
	})
	var err error
	db, err = pg.Open(t.Context(), network.URL)
	require.NoError(t, err)
	m := openMemory(t, NewStore(db, nil, slog.New(slog.DiscardHandler)))
	m.patience = 100 * tick
	dead.Store(true)
	done := make(chan error, 1)
	go func() { done <- m.read(sale) }()
	select {
	case err := <-done:
		require.ErrorIs(t, err, context.DeadlineExceeded)
	case <-time.After(limit):
		m.cancel()
		require.Fail(t, "it hangs", "%v", <-done)
	}
	dead.Store(false)
	m.patience = limit
	require.NoError(t, m.read(sale))
	assert.Equal(t, 1, m.seen(lamp.ID).ordinal)
}

// TestCatchingUpThatFailsIsToldOnce, however often a crowd asks for it, and is not tried again at once.
func TestCatchingUpThatFailsIsToldOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	elsewhere, lamp := openSale(t, db)
	sale := bought(t, elsewhere, lamp.ID, "ann")
	var log bytes.Buffer
	m := newMemory(NewStore(db, nil, slog.New(slog.DiscardHandler)), slog.New(slog.NewTextHandler(&log, nil)))
	m.patience, m.pause = 0, 0
	for range 3 {
		m.catchUp(sale)
		m.running.Wait()
	}
	assert.Equal(t, 1, strings.Count(log.String(), "could not read the purchases"), log.String())

	m.patience = limit
	m.catchUp(sale)
	m.running.Wait()
	assert.Contains(t, log.String(), "can be read again")
	assert.Equal(t, 1, m.seen(lamp.ID).ordinal)

	sale = bought(t, elsewhere, lamp.ID, "ben")
	m.patience, m.pause = 0, time.Hour
	m.catchUp(sale)
	require.Eventually(t, func() bool { m.mu.Lock(); defer m.mu.Unlock(); return m.failing }, limit, tick)
	m.mu.Lock()
	assert.True(t, m.catching, "it takes its time")
	m.mu.Unlock()
	require.NoError(t, m.close(t.Context()), "but does not hold up the end")
}
