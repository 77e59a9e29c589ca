package sale_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/model"
	"stampede/server/pg"
	"stampede/server/pg/pgtest"
	"stampede/server/sale"
)

// TestASurpriseIsJudgedByWhatTheTransactionReads: whatever has happened to the sale behind a replica's back, it answers
// what one that foresees nothing answers, and writes nothing else.
func TestASurpriseIsJudgedByWhatTheTransactionReads(t *testing.T) {
	t.Parallel()
	const sold = 3
	for name, c := range map[string]struct {
		change string // of the sale, as SQL
		want   model.Verdict
	}{
		"nothing":           {`SET version = version`, model.VerdictSold},
		"another version":   {`SET version = version + 1`, model.VerdictSold},
		"an older version":  {`SET version = version - 1`, model.VerdictSold},
		"restocked":         {`SET stock = stock + 5, version = version + 1`, model.VerdictSold},
		"less stock":        {`SET stock = sold, version = version + 1`, model.VerdictSoldOut},
		"paused":            {`SET paused_at = now(), version = version + 1`, model.VerdictNotActive},
		"ended":             {`SET ended_at = now(), version = version + 1`, model.VerdictNotActive},
		"over by the clock": {`SET ends_at = now(), version = version + 1`, model.VerdictNotActive},
		"not open any more": {`SET starts_at = now() + interval '1 hour', version = version + 1`, model.VerdictNotActive},
		// A failover can bring back a version that this replica has seen, with something else in it.
		"restocked, the same version":         {`SET stock = stock + 5`, model.VerdictSold},
		"less stock, the same version":        {`SET stock = sold`, model.VerdictSoldOut},
		"paused, the same version":            {`SET paused_at = now()`, model.VerdictNotActive},
		"ended, the same version":             {`SET ended_at = now()`, model.VerdictNotActive},
		"over by the clock, the same version": {`SET ends_at = now()`, model.VerdictNotActive},
		"not open any more, the same version": {`SET starts_at = now() + interval '1 hour'`, model.VerdictNotActive},
	} {
		for where, meets := range map[string]func(*sale.Store){
			"alone": func(*sale.Store) {}, "beside another replica": (*sale.Store).NoteRival,
		} {
			t.Run(where+": "+name, func(t *testing.T) {
				t.Parallel()
				db := pgtest.New(t)
				store := newStore(db)
				lamp := schedule(t, store, 10)
				sellSingly(t, store, lamp.ID, sold)
				meets(store)
				_, err := db.Pool.Exec(t.Context(), `UPDATE sales `+c.change)
				require.NoError(t, err)
				before, err := store.Sale(t.Context(), lamp.ID)
				require.NoError(t, err)

				newcomers := orders(sold+1, sold+2)
				d, err := store.Commit(t.Context(), lamp.ID, newcomers)
				require.NoError(t, err)
				require.Equal(t, len(newcomers), count(d, c.want))
				assert.Equal(t, strings.HasPrefix(name, "over by the clock"), d.Fenced)
				if d.Fenced { // the end is sealed
					assert.Greater(t, d.Sale.Version, before.Version)
					before.Version = d.Sale.Version
				}
				want := model.Decide(before.Sale, nil, newcomers, d.Outcomes[0].Sale.At)
				want.Fenced = d.Fenced
				assert.Equal(t, want, d)
				after, err := store.Sale(t.Context(), lamp.ID)
				require.NoError(t, err)
				assert.Equal(t, d.Sale, after.Sale)
				assert.Len(t, buyersOf(t, store, lamp.ID), sold+len(d.Sold))
			})
		}
	}
}

// TestHistoryThatIsAnotherOneIsASurprise: after a failover the sale stands as it was foreseen, but somebody else has
// bought the last unit, and may ask again.
func TestHistoryThatIsAnotherOneIsASurprise(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	store := newStore(db)
	lamp := schedule(t, store, 10)
	sellSingly(t, store, lamp.ID, 3)
	_, err := db.Pool.Exec(t.Context(), `UPDATE purchases SET shopper_id = 'shopper-9', idempotency_key = 'key-9'
		WHERE ordinal = 3`)
	require.NoError(t, err)
	d, err := store.Commit(t.Context(), lamp.ID, append(orders(8, 9), orders(3, 3)...))
	require.NoError(t, err)
	assert.Equal(t, []model.Verdict{model.VerdictSold, model.VerdictReplayed, model.VerdictSold}, verdictsOf(d))
	assert.Equal(t, []string{"shopper-1", "shopper-2", "shopper-9", "shopper-8", "shopper-3"}, buyersOf(t, store, lamp.ID))
}

// TestWhoIsHiddenFromTheLedgerIsFoundByTheConstraint: a purchase that the sale does not count stands in no transaction's way
// but the one of its own shopper.
func TestWhoIsHiddenFromTheLedgerIsFoundByTheConstraint(t *testing.T) {
	t.Parallel()
	r := newReplica(t, pgtest.URL(t))
	lamp := schedule(t, r.Store, 10)
	r.sells(t, lamp.ID, orders(1, 2), 1)
	_, err := openURL(t, r.url).Pool.Exec(t.Context(),
		`INSERT INTO purchases SELECT sale_id, 10, 'shopper-3', 'key-3', now() FROM purchases WHERE ordinal = 1`)
	require.NoError(t, err)
	d, err := r.Commit(t.Context(), lamp.ID, orders(3, 4))
	require.NoError(t, err)
	assert.Equal(t, model.VerdictReplayed, d.Outcomes[0].Verdict)
	assert.Equal(t, model.VerdictSold, d.Outcomes[1].Verdict)
	assert.EqualValues(t, 2, r.again.Load(), "once by foresight, once by the ledger's word")
}

// TestASurpriseThatCameTooLateIsNotTriedAgain: whoever has waited for so long gets an answer, and it is a sure one.
func TestASurpriseThatCameTooLateIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	db := pgtest.Patient(t)
	store := newStore(db)
	lamp := schedule(t, store, 10)
	sellSingly(t, store, lamp.ID, 3)
	operator, err := db.Pool.Begin(t.Context())
	require.NoError(t, err)
	_, err = operator.Exec(t.Context(), `UPDATE sales SET version = version + 1`)
	require.NoError(t, err)
	failed := make(chan error, 1)
	go func() {
		_, err := store.Commit(t.Context(), lamp.ID, orders(4, 4))
		failed <- err
	}()
	require.Eventually(t, func() (waits bool) {
		err := db.Pool.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock')`).Scan(&waits)
		return assert.NoError(t, err) && waits
	}, waitLimit, tick)
	_, err = operator.Exec(t.Context(), `SELECT pg_sleep(2)`) // in which trying again is worth it
	require.NoError(t, err)
	require.NoError(t, operator.Commit(t.Context()))

	err = <-failed
	require.ErrorContains(t, err, "not as it was foreseen")
	require.NotErrorIs(t, err, pg.ErrOutcomeUnknown)
	assert.Len(t, buyersOf(t, store, lamp.ID), 3, "and nothing was bought")
	d, err := store.Commit(t.Context(), lamp.ID, orders(4, 4))
	require.NoError(t, err)
	assert.Equal(t, model.VerdictSold, d.Outcomes[0].Verdict)
}
