package stock_test

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/model"
	"stampede/server/pg"
	"stampede/server/pg/pgtest"
	"stampede/server/sale"
	"stampede/server/stock"
)

// replica is the live stock of one server, on a database that it shares with others.
type replica struct {
	*stock.Hub
	relay *stock.Relay
	store *sale.Store
	// forgotten counts how often the relay has come back to the database.
	forgotten atomic.Int32
}

// source is a replica's store.
type source struct {
	*sale.Store

	of *replica
}

func (s source) Forget() {
	s.Store.Forget()
	s.of.forgotten.Add(1)
}

func startReplica(t *testing.T, url string) *replica {
	t.Helper()
	db, err := pg.Open(t.Context(), url)
	require.NoError(t, err)
	clock := &stock.Clock{}
	r := &replica{Hub: stock.NewHub(clock), store: sale.NewStore(db, nil, slog.New(slog.DiscardHandler))}
	r.relay = stock.NewRelay(r.Hub, clock, source{r.store, r}, db, r.store.NoteRival, slog.New(slog.DiscardHandler))
	require.NoError(t, r.relay.Sync(t.Context()))

	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { r.Run(ctx) })
	running.Go(func() { r.relay.Run(ctx) })
	t.Cleanup(func() {
		stop()
		running.Wait()
		assert.NoError(t, db.Close())
	})
	return r
}

func (r *replica) schedule(t *testing.T) model.Sale {
	t.Helper()
	return r.scheduleOf(t, 10)
}

func (r *replica) scheduleOf(t *testing.T, units int) model.Sale {
	t.Helper()
	state, err := r.store.Create(t.Context(), "op", model.Plan{
		Product: model.Product{SKU: "s", Name: "n"}, Stock: units, StartsAt: time.Now().Add(-time.Minute),
	})
	require.NoError(t, err)
	r.relay.Publish(state.Sale)
	return state.Sale
}

func (r *replica) sell(t *testing.T, id model.SaleID, shopper string) model.Sale {
	t.Helper()
	d, err := r.store.Commit(t.Context(), id, []model.Order{{ShopperID: shopper}})
	require.NoError(t, err)
	return d.Sale
}

func (r *replica) sold(id model.SaleID) int {
	state, _, _ := r.Latest(id)
	return state.Sold
}

func TestNewsReachTheOtherReplica(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	here, there := startReplica(t, url), startReplica(t, url)

	states := there.Watch(t.Context(), 0)
	lamp := here.schedule(t)
	assert.Equal(t, lamp.ID, (<-states).ID, "a new sale")
	here.relay.Publish(here.sell(t, lamp.ID, "ann"))
	assert.Equal(t, 1, (<-states).Sold, "a purchase")
	assert.Equal(t, 1, here.sold(lamp.ID), "and here it is known at once")
}

// TestThePulseFindsWhatNobodyNotified: what another replica committed and could not tell is found all the same.
func TestThePulseFindsWhatNobodyNotified(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	here, there := startReplica(t, url), startReplica(t, url)
	lamp := here.schedule(t)
	here.sell(t, lamp.ID, "ann") // and not a word about it
	require.Eventually(t, func() bool { return there.sold(lamp.ID) == 1 }, waitLimit, tick)
}

// TestALostListenerReadsWhatItMissed: the connection dies, the sale goes on, and the replica catches up.
func TestALostListenerReadsWhatItMissed(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	here, there := startReplica(t, url), startReplica(t, url)
	lamp := here.schedule(t)
	require.Eventually(t, func() bool { _, found, _ := there.Latest(lamp.ID); return found }, waitLimit, tick)

	db, err := pg.Open(t.Context(), url)
	require.NoError(t, err)
	defer func() { assert.NoError(t, db.Close()) }()
	const listeners = `FROM pg_stat_activity WHERE datname = current_database() AND query ILIKE 'listen%' AND state = 'idle'`
	require.Eventually(t, func() bool {
		var n int
		return db.Pool.QueryRow(t.Context(), `SELECT count(*) `+listeners).Scan(&n) == nil && n == 2
	}, waitLimit, tick, "both replicas listen")
	var cut int
	require.NoError(t, db.Pool.QueryRow(t.Context(), `SELECT count(pg_terminate_backend(pid)) `+listeners).Scan(&cut))
	assert.Equal(t, 2, cut)
	here.relay.Publish(here.sell(t, lamp.ID, "ann"))
	require.Eventually(t, func() bool { return there.sold(lamp.ID) == 1 }, waitLimit, tick)
}

// TestNewsIsMerged: however often a sale changes, the others are told at most so many times a second, and at the end.
func TestNewsIsMerged(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	here := startReplica(t, url)
	db, err := pg.Open(t.Context(), url)
	require.NoError(t, err)
	defer func() { assert.NoError(t, db.Close()) }()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	listening, heard := make(chan struct{}), make(chan string, 1000)
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() {
		_ = db.Listen(ctx, pg.Listener{
			Channels:  []string{"stampede_stock"},
			OnConnect: func(context.Context) error { close(listening); return nil },
			OnNotify:  func(_, payload string) { heard <- payload },
		})
	})
	<-listening
	lamp := here.schedule(t)
	first := <-heard
	began := time.Now()
	for range 200 {
		lamp.Version++
		here.relay.Publish(lamp)
	}
	assert.Equal(t, first, <-heard, "of the same replica and the same sale")
	took := time.Since(began)
	_, err = db.Pool.Exec(t.Context(), `SELECT pg_notify('stampede_stock', 'the end')`)
	require.NoError(t, err)
	more := 0
	for word := <-heard; word != "the end"; word = <-heard {
		more++
	}
	assert.LessOrEqual(t, more, 1+int(time.Since(began)/(50*time.Millisecond)), "after %s", took)
	stop()
}

// TestAFailoverThatLosesCommits: a standby takes over that had not got everything. What has been announced and is lost
// is taken back, on every replica, by a revision that all who have seen it accept. Here the rows are set back by hand.
func TestAFailoverThatLosesCommits(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	here, there := startReplica(t, url), startReplica(t, url)
	lamp, gone := here.schedule(t), here.schedule(t)
	for _, shopper := range []string{"ann", "bob", "cid"} {
		here.relay.Publish(here.sell(t, lamp.ID, shopper))
	}
	require.Eventually(t, func() bool { return there.sold(lamp.ID) == 3 }, waitLimit, tick)
	require.Eventually(t, func() bool { _, found, _ := there.Latest(gone.ID); return found }, waitLimit, tick)
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	defer cancel()
	watches := []<-chan model.State{here.Watch(ctx, lamp.ID), there.Watch(ctx, lamp.ID)}
	revisions := make([]int64, len(watches))
	tell := func(sold int) { // every watcher hears of it, by revisions that grow
		for i, states := range watches {
			for told := false; !told; {
				state, open := <-states
				require.True(t, open, "watcher %d never heard of %d sold", i, sold)
				require.Greater(t, state.Revision(), revisions[i])
				revisions[i], told = state.Revision(), state.Sold == sold
			}
		}
	}
	tell(3)

	db, err := pg.Open(t.Context(), url)
	require.NoError(t, err)
	defer func() { assert.NoError(t, db.Close()) }()
	for _, lost := range []struct {
		statement string
		of        model.SaleID
	}{
		{`DELETE FROM purchases WHERE sale_id = $1 AND ordinal > 1`, lamp.ID},
		{`UPDATE sales SET sold = 1, version = version - 2 WHERE id = $1`, lamp.ID},
		{`DELETE FROM sale_changes WHERE sale_id = $1`, gone.ID},
		{`DELETE FROM sales WHERE id = $1`, gone.ID},
	} {
		_, err := db.Pool.Exec(t.Context(), lost.statement, lost.of)
		require.NoError(t, err)
	}

	tell(1)
	for _, r := range []*replica{here, there} {
		require.Eventually(t, func() bool { _, found, _ := r.Latest(gone.ID); return !found }, waitLimit, tick)
	}
	here.relay.Publish(here.sell(t, lamp.ID, "dan"))
	tell(2)
}
