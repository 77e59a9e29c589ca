package sale //nolint:testpackage // what was noticed is nobody else's

import (
	"context"
	"log/slog"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/model"
	"stampede/server/pg/pgtest"
)

// TestALostConnectionIsNoRival: after a restart of the database, a replica that is alone is still alone.
func TestALostConnectionIsNoRival(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	store, lamp := openSale(t, db)
	conn, err := db.Pool.Acquire(t.Context()) // what has just been given back is not asked whether it lives
	require.NoError(t, err)
	_, err = pgtest.New(t).Pool.Exec(t.Context(), `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
		WHERE datname = $1`, db.Pool.Config().ConnConfig.Database)
	require.NoError(t, err)
	conn.Release()
	bought(t, store, lamp.ID, "ann")
	retries := store.meters.others.tally().Retries
	assert.EqualValues(t, 1, retries[model.RetryState("08006")])
	assert.True(t, store.alone())

	_, err = db.Pool.Exec(t.Context(), `
		CREATE SEQUENCE conflicts;
		CREATE FUNCTION conflict() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			IF nextval('conflicts') = 1 THEN RAISE SQLSTATE '40001'; END IF;
			RETURN NEW; END $$;
		CREATE TRIGGER conflict BEFORE INSERT ON purchases FOR EACH ROW EXECUTE FUNCTION conflict()`)
	require.NoError(t, err)
	bought(t, store, lamp.ID, "ben")
	retries = store.meters.of(lamp.ID).tally().Retries
	assert.EqualValues(t, 1, retries[model.RetryState("40001")])
	assert.False(t, store.alone(), "a conflict is one")
}

// stale is a board whose memory is too old to say how its one sale stands.
type stale model.SaleID

func (stale) Publish(model.Sale) {}

func (s stale) Latest(id model.SaleID) (model.State, bool, error) {
	return model.State{}, id == model.SaleID(s), assert.AnError
}

// TestMadeUpSalesCostNothing: while memory is too old to say how sales stand, only of those that it knows the database is
// asked, and anybody can ask for any.
func TestMadeUpSalesCostNothing(t *testing.T) {
	t.Parallel()
	store, lamp := openSale(t, pgtest.New(t))
	service := New(store, stale(lamp.ID), Limits{}, slog.New(slog.DiscardHandler))
	for _, id := range []model.SaleID{lamp.ID + 1, lamp.ID, lamp.ID + 2} {
		_, err := service.Purchase(t.Context(), id, model.Order{ShopperID: "ann"})
		if id == lamp.ID {
			require.NoError(t, err)
			continue
		}
		assert.Equal(t, model.CodeBusy, model.CodeOf(err))
	}
	assert.EqualValues(t, 1, service.batcher.Accepted(), "nobody else has waited for a connection")
	tallies := service.Tallies()
	assert.Len(t, tallies, 1)
	assert.EqualValues(t, 1, tallies[lamp.ID].Batches)
	assert.EqualValues(t, 1, store.meters.made.Load())
	require.NoError(t, service.Close(t.Context()))
}

// TestWhoLeavesIsNotAnUnknownOutcome: that number tells operators of lost commits. Whoever runs out of time hears it.
func TestWhoLeavesIsNotAnUnknownOutcome(t *testing.T) {
	t.Parallel()
	db := pgtest.Patient(t)
	store, lamp := openSale(t, db)
	service := New(store, stale(lamp.ID), Limits{}, slog.New(slog.DiscardHandler))
	tx, err := db.Pool.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), `SELECT FROM sales FOR UPDATE`)
	require.NoError(t, err)
	leaves, leave := context.WithCancel(t.Context())
	defer leave()
	late, tooLate := context.WithTimeout(t.Context(), 0)
	defer tooLate()
	for shopper, ctx := range map[string]context.Context{"ann": leaves, "ben": late} {
		answered := make(chan error, 1)
		accepted := service.batcher.Accepted()
		go func() {
			_, err := service.Purchase(ctx, lamp.ID, model.Order{ShopperID: shopper})
			answered <- err
		}()
		require.Eventually(t, func() bool { return service.batcher.Accepted() > accepted }, limit, tick)
		leave()
		assert.Equal(t, model.CodeOutcomeUnknown, model.CodeOf(<-answered))
	}
	require.NoError(t, tx.Rollback(t.Context()))
	require.NoError(t, service.Close(t.Context()))
	assert.EqualValues(t, 1, service.Tallies()[lamp.ID].Answers[model.AnswerOutcomeUnknown])
	state, err := store.Sale(t.Context(), lamp.ID)
	require.NoError(t, err)
	assert.Equal(t, 2, state.Sold, "they have bought all the same")
}

// TestASaleHasOneMeter, however many ask for its first.
func TestASaleHasOneMeter(t *testing.T) {
	t.Parallel()
	var m meters
	for id := range model.SaleID(maxMeters + 10) {
		var together sync.WaitGroup
		for range 4 {
			together.Go(func() { m.of(id).answers[model.AnswerSold].Add(1) })
		}
		together.Wait()
		if id >= maxMeters {
			assert.Same(t, &m.others, m.of(id), "there are enough")
			continue
		}
		require.EqualValues(t, id+1, m.made.Load())
		require.EqualValues(t, 4, m.of(id).tally().Answers[model.AnswerSold])
	}
	assert.EqualValues(t, maxMeters, m.made.Load())
}
