package stock_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/model"
	"stampede/server/pg"
	"stampede/server/pg/pgtest"
	"stampede/server/sale"
)

// board is what a replica's service sees.
type board struct{ *replica }

func (b board) Publish(sale model.Sale) { b.relay.Publish(sale) }

func openURL(t *testing.T, url string) *pg.DB {
	t.Helper()
	db, err := pg.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	return db
}

// asks is the answer to a shopper who asks for a unit, always with the same key.
func asks(t *testing.T, service *sale.Service, id model.SaleID, shopper string) model.Verdict {
	t.Helper()
	outcome, err := service.Purchase(t.Context(), id, model.Order{ShopperID: shopper, IdempotencyKey: shopper})
	require.NoError(t, err)
	return outcome.Verdict
}

// TestALossThatOthersHaveRepairedIsForgotten: another replica was first to find what a failover has left, and may have
// sold the lost units to others. Here the rows are set back by hand.
func TestALossThatOthersHaveRepairedIsForgotten(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		repaired string // after the loss of the third and the fourth unit
		cut      bool   // connections are lost, as in every failover
		lost     model.Verdict
		other    model.Verdict
	}{
		"the units are there again": {
			`UPDATE sales SET sold = 2, version = version + 1`, false, model.VerdictSold, model.VerdictSold,
		},
		"others have bought them": {
			`WITH new AS (INSERT INTO purchases SELECT sale_id, ordinal + 2, 'other-' || ordinal, 'other-' || ordinal, now()
				FROM purchases) UPDATE sales SET version = version + 2`,
			true, model.VerdictSoldOut, model.VerdictReplayed,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := pgtest.URL(t)
			here := startReplica(t, url)
			service := sale.New(here.store, board{here}, sale.Limits{}, slog.New(slog.DiscardHandler))
			t.Cleanup(func() { assert.NoError(t, service.Close(context.Background())) })
			lamp := here.scheduleOf(t, 4)
			for _, shopper := range []string{"ann", "ben", "cid", "dan"} {
				require.Equal(t, model.VerdictSold, asks(t, service, lamp.ID, shopper))
			}
			require.Equal(t, model.VerdictReplayed, asks(t, service, lamp.ID, "cid"))
			require.Equal(t, model.VerdictSoldOut, asks(t, service, lamp.ID, "other-1"))

			db := openURL(t, url)
			require.Eventually(t, func() bool {
				var listening bool
				err := db.Pool.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_stat_activity
					WHERE datname = current_database() AND query ILIKE 'listen%')`).Scan(&listening)
				return err == nil && listening
			}, waitLimit, tick, "it listens")
			_, err := db.Pool.Exec(t.Context(), `DELETE FROM purchases WHERE ordinal > 2`)
			require.NoError(t, err)
			_, err = db.Pool.Exec(t.Context(), c.repaired)
			require.NoError(t, err)
			known, err := here.store.Sale(t.Context(), lamp.ID)
			require.NoError(t, err)
			require.Eventually(t, func() bool {
				if c.cut && here.forgotten.Load() == 0 {
					_, err := db.Pool.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
						WHERE datname = current_database() AND query ILIKE 'listen%'`)
					return err != nil
				}
				state, _, _ := here.Latest(lamp.ID)
				return state.Version >= known.Version
			}, waitLimit, tick)
			assert.Equal(t, c.lost, asks(t, service, lamp.ID, "cid"))
			assert.Equal(t, c.other, asks(t, service, lamp.ID, "other-1"))
		})
	}
}
