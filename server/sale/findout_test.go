package sale_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/model"
	"stampede/server/pg"
	"stampede/server/pg/pgtest"
	"stampede/server/sale"
)

// losingAnAnswer is a store whose network loses the answer to the next COMMIT once cut is set, and takes that back.
func losingAnAnswer(t *testing.T, direct *pg.DB) (store *sale.Store, cut *atomic.Bool) {
	t.Helper()
	cut = &atomic.Bool{}
	network := pgtest.Between(t, direct.Pool.Config().ConnString(), false, func(conn int32, sent []byte) bool {
		return cut.Load() && pgtest.IsCommit(conn, sent) && cut.CompareAndSwap(true, false)
	})
	return newStore(openURL(t, network.URL)), cut
}

// TestALostAnswerIsFoundOut cuts the connection when COMMIT was sent: the server commits, and its answer is lost.
func TestALostAnswerIsFoundOut(t *testing.T) {
	t.Parallel()
	direct := pgtest.New(t)
	lamp := schedule(t, newStore(direct), 10)
	store, cut := losingAnAnswer(t, direct)
	cut.Store(true)

	d, err := store.Commit(t.Context(), lamp.ID, orders(1, 3))
	require.NoError(t, err, "it has happened, and that was found out")
	assert.False(t, cut.Load(), "the answer was lost")
	assert.Equal(t, 3, count(d, model.VerdictSold))
	found, total, err := newStore(direct).PurchasesIn(t.Context(), lamp.ID, model.PurchaseFilter{}, 0, 10)
	require.NoError(t, err)
	assert.Equal(t, 3, total)
	for _, all := range [][]model.Purchase{d.Sold, found} {
		for i := range all { // one was read as JSON: it is the same instant in this machine's zone, which may be any
			all[i].PurchasedAt = all[i].PurchasedAt.UTC()
		}
	}
	assert.Equal(t, d.Sold, found)
	state, err := store.Sale(t.Context(), lamp.ID)
	require.NoError(t, err)
	assert.Equal(t, state.Sale, d.Sale, "what is announced is what stands in the table")
}

// hangUpOnce has the server end the session in the middle of the COMMIT that first sells to this shopper. The sequence
// hung_up counts the attempts.
func hangUpOnce(t *testing.T, db *pg.DB, shopperID string) {
	t.Helper()
	_, err := db.Pool.Exec(t.Context(), fmt.Sprintf(`
		CREATE SEQUENCE hung_up;
		CREATE FUNCTION hang_up() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			IF NEW.shopper_id = '%s' AND nextval('hung_up') = 1 THEN
				PERFORM pg_terminate_backend(pg_backend_pid());
			END IF;
			RETURN NULL; END $$;
		CREATE CONSTRAINT TRIGGER hang_up AFTER INSERT ON purchases DEFERRABLE INITIALLY DEFERRED
			FOR EACH ROW EXECUTE FUNCTION hang_up()`, shopperID))
	require.NoError(t, err)
}

// TestACommitThatFailedForCertain: the server ends the session in the middle of COMMIT, and rolls back.
func TestACommitThatFailedForCertain(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	store := newStore(db)
	lamp := schedule(t, store, 10)
	hangUpOnce(t, db, "shopper-1")

	_, err := store.Commit(t.Context(), lamp.ID, orders(1, 1))
	require.Error(t, err)
	require.NotErrorIs(t, err, pg.ErrOutcomeUnknown, "it was found out that nothing was written")
	_, total, err := store.PurchasesIn(t.Context(), lamp.ID, model.PurchaseFilter{}, 0, 10)
	require.NoError(t, err)
	assert.Zero(t, total)

	d, err := store.Commit(t.Context(), lamp.ID, orders(2, 2))
	require.NoError(t, err)
	assert.Equal(t, 1, d.Sold[0].Ordinal, "and no ordinal was lost")
}

// TestWhatCannotBeFoundOutIsUnknown: after the COMMIT nobody answers any more.
func TestWhatCannotBeFoundOutIsUnknown(t *testing.T) {
	t.Parallel()
	direct := pgtest.New(t)
	lamp := schedule(t, newStore(direct), 10)
	var cut, dead atomic.Bool
	network := pgtest.Between(t, direct.Pool.Config().ConnString(), false, func(conn int32, sent []byte) bool {
		if cut.Load() && pgtest.IsCommit(conn, sent) {
			dead.Store(true)
		}
		return dead.Load()
	})
	store := newStore(openURL(t, network.URL))
	cut.Store(true)
	_, err := store.Commit(t.Context(), lamp.ID, orders(1, 1))
	require.ErrorIs(t, err, pg.ErrOutcomeUnknown)

	dead.Store(false)
	cut.Store(false)
	before, err := newStore(direct).Sale(t.Context(), lamp.ID)
	require.NoError(t, err)
	again, err := store.Commit(t.Context(), lamp.ID, orders(1, 1))
	require.NoError(t, err)
	assert.Equal(t, model.VerdictReplayed, again.Outcomes[0].Verdict, "the same key tells the truth")
	after, err := newStore(direct).Sale(t.Context(), lamp.ID)
	require.NoError(t, err)
	assert.Greater(t, after.Version, before.Version, "and that answer was made durable by a write")
}

// TestAForeseenCommitThatDidNotHappenIsTriedAgain: the server ends the session in the middle of COMMIT, and rolls back.
// That is found out for certain, and the shoppers need not hear of it.
func TestAForeseenCommitThatDidNotHappenIsTriedAgain(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	store := newStore(db)
	lamp := schedule(t, store, 10)
	hangUpOnce(t, db, "shopper-2")
	_, err := store.Commit(t.Context(), lamp.ID, orders(1, 1))
	require.NoError(t, err)
	d, err := store.Commit(t.Context(), lamp.ID, orders(2, 4))
	require.NoError(t, err)
	assert.Equal(t, 3, count(d, model.VerdictSold))
	assert.Equal(t, shoppersOf(orders(1, 4)), buyersOf(t, store, lamp.ID))
	var attempts int
	require.NoError(t, db.Pool.QueryRow(t.Context(), `SELECT last_value FROM hung_up`).Scan(&attempts))
	assert.Equal(t, 2, attempts)
}

// TestALostAnswerOfWhatWasForeseenIsFoundOut, down to the instant that only the lost answer knew.
func TestALostAnswerOfWhatWasForeseenIsFoundOut(t *testing.T) {
	t.Parallel()
	direct := pgtest.New(t)
	lamp := schedule(t, newStore(direct), 10)
	store, cut := losingAnAnswer(t, direct)
	_, err := store.Commit(t.Context(), lamp.ID, orders(1, 1))
	require.NoError(t, err)
	cut.Store(true)
	d, err := store.Commit(t.Context(), lamp.ID, orders(2, 4))
	require.NoError(t, err)
	assert.False(t, cut.Load(), "the answer was lost")
	found, _, err := newStore(direct).PurchasesIn(t.Context(), lamp.ID, model.PurchaseFilter{}, 0, 10)
	require.NoError(t, err)
	require.Len(t, found, 4)
	for i, p := range found[1:] {
		o := d.Outcomes[i]
		assert.Equal(t, model.VerdictSold, o.Verdict)
		assert.WithinDuration(t, p.PurchasedAt, o.Purchase.PurchasedAt, 0)
		assert.WithinDuration(t, p.PurchasedAt, d.Sold[i].PurchasedAt, 0)
		assert.Equal(t, []any{p.Ordinal, p.ShopperID, p.IdempotencyKey},
			[]any{o.Purchase.Ordinal, o.Purchase.ShopperID, o.Purchase.IdempotencyKey})
	}
	again, err := store.Commit(t.Context(), lamp.ID, orders(2, 5))
	require.NoError(t, err)
	assert.Equal(t, 3, count(again, model.VerdictReplayed))
	assert.Equal(t, 1, count(again, model.VerdictSold))
}

func TestAPoisonedOrderDoesNotFailItsNeighbours(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	store := newStore(db)
	lamp := schedule(t, store, 100)
	held := &heldStore{Store: store, arrived: make(chan struct{}), release: make(chan struct{})}
	b := sale.NewBatcher(held, func(model.Decision) {}, sale.Limits{}, slog.New(slog.DiscardHandler))
	shoppers := []string{"first", "good", "bad\x00", "better"}
	outcomes, errs := make([]*model.Outcome, len(shoppers)), make([]error, len(shoppers))
	var running sync.WaitGroup
	for i, shopper := range shoppers {
		running.Go(func() {
			outcomes[i], errs[i] = b.Do(context.Background(), lamp.ID, model.Order{ShopperID: shopper})
		})
		if i == 0 {
			<-held.arrived // the others gather behind it, in one batch
		}
	}
	require.Eventually(t, func() bool { return b.Accepted() == int64(len(shoppers)) }, waitLimit, tick)
	close(held.release)
	running.Wait()
	require.NoError(t, b.Close(t.Context()))
	for i, shopper := range shoppers {
		if shopper == "bad\x00" {
			assert.True(t, pg.IsDataError(errs[i]), "%v", errs[i])
			continue
		}
		require.NoError(t, errs[i], shopper)
		assert.Equal(t, model.VerdictSold, outcomes[i].Verdict, shopper)
	}
}

// heldStore is a store whose first commit waits for the test.
type heldStore struct {
	*sale.Store

	once             sync.Once
	arrived, release chan struct{}
}

func (h *heldStore) Commit(ctx context.Context, id model.SaleID, orders []model.Order) (model.Decision, error) {
	h.once.Do(func() {
		close(h.arrived)
		<-h.release
	})
	return h.Store.Commit(ctx, id, orders)
}
