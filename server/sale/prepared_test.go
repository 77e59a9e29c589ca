package sale_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/model"
	"stampede/server/pg"
	"stampede/server/pg/pgtest"
)

// prepared is a statement that a connection keeps.
type prepared struct {
	Name, Statement string
	Generic, Custom int
}

// preparedOn is what a pool's one connection keeps.
func preparedOn(t *testing.T, db *pg.DB) (all []prepared) {
	t.Helper()
	rows, err := db.Pool.Query(t.Context(), `SELECT name, statement, generic_plans, custom_plans FROM pg_prepared_statements`,
		pgx.QueryExecModeExec)
	require.NoError(t, err)
	all, err = pgx.CollectRows(rows, pgx.RowToStructByPos[prepared])
	require.NoError(t, err)
	return all
}

// TestOnlyWhatSellsIsKeptPrepared: a purchase's statements are, each with its one plan for all; what is asked with the
// values in its text is not, however many ask.
func TestOnlyWhatSellsIsKeptPrepared(t *testing.T) {
	t.Parallel()
	db, err := pg.Open(t.Context(), pgtest.URL(t), pg.WithMaxConns(1))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	store := newStore(db)
	lamp := schedule(t, store, 100)
	for i := range 3 { // the first reads and writes, the others are foreseen
		d, err := store.Commit(t.Context(), lamp.ID, orders(i+1, i+1))
		require.NoError(t, err)
		require.Equal(t, 1, count(d, model.VerdictSold))
	}
	kept := preparedOn(t, db)
	names := map[string]bool{}
	kinds := map[string]int{}
	for _, p := range kept {
		names[p.Name] = true
		kind, _, _ := strings.Cut(p.Name, "_")
		kinds[kind]++
		assert.Zero(t, p.Custom, "%s", p.Statement)
	}
	assert.Equal(t, 2, kinds["stampede"], "BEGIN and COMMIT: %v", kept)
	assert.Equal(t, 3, kinds["stmt"], "load, write and sell: %v", kept)
	for i := range 20 {
		for name, err := range everyRead(t.Context(), store) {
			require.NoError(t, err, name)
		}
		_, found, err := store.PurchaseBy(t.Context(), lamp.ID, fmt.Sprint("shopper-", i))
		require.NoError(t, err)
		assert.Equal(t, 1 <= i && i <= 3, found)
	}
	for _, p := range preparedOn(t, db) {
		assert.True(t, names[p.Name], "%s", p.Statement)
	}
}

// TestAMigrationUnderWhoSells: an old server sells on while a new one gives columns other types, which its prepared
// statements do not fit any more.
func TestAMigrationUnderWhoSells(t *testing.T) {
	t.Parallel()
	db, err := pg.Open(t.Context(), pgtest.URL(t), pg.WithMaxConns(1))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	store := newStore(db)
	lamp := schedule(t, store, 100)
	sold := 0
	for _, kind := range []string{"instant", "timestamptz", "instant"} {
		_, err := db.Pool.Exec(t.Context(),
			`ALTER TABLE sales ALTER COLUMN starts_at TYPE `+kind+`, ALTER COLUMN ends_at TYPE `+kind)
		require.NoError(t, err)
		if kind == "instant" { // what is foreseen meets the change at one time, what is read at another
			store.Forget()
		}
		for range 3 {
			sold++
			d, err := store.Commit(t.Context(), lamp.ID, orders(sold, sold))
			require.NoError(t, err)
			assert.Equal(t, 1, count(d, model.VerdictSold))
		}
	}
}
