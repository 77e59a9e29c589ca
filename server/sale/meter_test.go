package sale //nolint:testpackage // what was noticed is nobody else's

import (
	"log/slog"
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
	_, err := pgtest.New(t).Pool.Exec(t.Context(), `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
		WHERE datname = $1`, db.Pool.Config().ConnConfig.Database)
	require.NoError(t, err)
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

// TestMadeUpSalesAreNotCounted: while memory is too old to know which sales there are, anybody can ask for any.
func TestMadeUpSalesAreNotCounted(t *testing.T) {
	t.Parallel()
	store, lamp := openSale(t, pgtest.New(t))
	service := New(store, silent{}, Limits{}, slog.New(slog.DiscardHandler))
	for _, id := range []model.SaleID{lamp.ID + 1, lamp.ID, lamp.ID + 2} {
		_, err := service.Purchase(t.Context(), id, model.Order{ShopperID: "ann"})
		assert.Equal(t, id == lamp.ID, err == nil, "%v", err)
	}
	tallies := service.Tallies()
	assert.Len(t, tallies, 1)
	assert.EqualValues(t, 1, tallies[lamp.ID].Batches)
	assert.EqualValues(t, 1, store.meters.made.Load())
	require.NoError(t, service.Close(t.Context()))
}
