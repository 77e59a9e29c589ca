package sale //nolint:testpackage // where a row lies is nobody else's

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/model"
	"stampede/server/pg"
	"stampede/server/pg/pgtest"
)

// placeOf is where a sale's row lies.
func placeOf(t *testing.T, db *pg.DB, id model.SaleID) (place string) {
	t.Helper()
	require.NoError(t, db.Pool.QueryRow(t.Context(), `SELECT ctid::text FROM sales WHERE id = $1`, id).Scan(&place))
	return place
}

// TestARowIsFoundWhereItWasLeft, though old versions of it lie about as long as somebody looks at an old snapshot.
func TestARowIsFoundWhereItWasLeft(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	store, lamp := openSale(t, db)
	old, err := db.Pool.BeginTx(t.Context(), pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	require.NoError(t, err)
	defer func() { assert.NoError(t, old.Rollback(t.Context())) }()
	_, err = old.Exec(t.Context(), `SET idle_in_transaction_session_timeout = 0`)
	require.NoError(t, err)
	_, err = old.Exec(t.Context(), `SELECT FROM sales`)
	require.NoError(t, err)
	for i, shopper := range []string{"ann", "ben", "cid", "dan"} {
		bought(t, store, lamp.ID, shopper)
		f, ok := store.foreseen(lamp.ID, ordersOf("eva"))
		require.True(t, ok)
		if i == 0 { // it was read, and not foreseen
			assert.Empty(t, f.place)
			continue
		}
		assert.Equal(t, placeOf(t, db, lamp.ID), f.place)
	}
	_, err = store.Amend(t.Context(), lamp.ID, model.Amendment{Kind: model.Paused, By: "op", Change: model.Sale.Pause})
	require.NoError(t, err)
	_, place, _ := store.ledger.foreseen(lamp.ID, nil)
	assert.Empty(t, place, "an operator has moved it")
}

// TestARowThatHasMovedIsLookedFor, as after VACUUM FULL, and found again where it lies then.
func TestARowThatHasMovedIsLookedFor(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	store, lamp := openSale(t, db)
	for _, shopper := range []string{"ann", "ben", "cid"} {
		bought(t, store, lamp.ID, shopper)
	}
	_, left, _ := store.ledger.foreseen(lamp.ID, nil)
	_, err := db.Pool.Exec(t.Context(), `VACUUM FULL sales`)
	require.NoError(t, err)
	require.NotEqual(t, left, placeOf(t, db, lamp.ID))
	for i, shopper := range []string{"dan", "eva", "fay"} {
		assert.Equal(t, 4+i, bought(t, store, lamp.ID, shopper).Sold)
	}
	_, left, _ = store.ledger.foreseen(lamp.ID, nil)
	assert.Equal(t, placeOf(t, db, lamp.ID), left)
}

// TestAnotherSalesRowIsNotTaken where a sale's row has lain: it is of the same version and has as many units.
func TestAnotherSalesRowIsNotTaken(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	store, lamp := openSale(t, db)
	_, tent := openSale(t, db)
	for _, id := range []model.SaleID{lamp.ID, tent.ID} {
		bought(t, store, id, "ann")
		bought(t, store, id, "ben")
	}
	f, ok := store.foreseen(lamp.ID, ordersOf("cid"))
	require.True(t, ok)
	f.place = placeOf(t, db, tent.ID)
	_, _, err := store.commitForeseen(t.Context(), lamp.ID, f, ordersOf("cid"))
	require.ErrorIs(t, err, errSurprise)
	var sold int
	require.NoError(t, db.Pool.QueryRow(t.Context(), `SELECT sum(sold) FROM sales`).Scan(&sold))
	assert.Equal(t, 4, sold)
}
