package sale //nolint:testpackage // seals are nobody else's

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/model"
)

// endsNow ends a sale by the clock.
func (b besideOthers) endsNow(t *testing.T) model.State {
	t.Helper()
	_, err := b.db.Pool.Exec(t.Context(), `UPDATE sales SET ends_at = now(), version = version + 1`)
	require.NoError(t, err)
	return b.state(t)
}

// TestARefusalAfterTheEndWaitsForWhoBoughtInTime: another server's purchase is still being committed, and its shopper, who
// has heard nothing, asks here with the same key.
func TestARefusalAfterTheEndWaitsForWhoBoughtInTime(t *testing.T) {
	t.Parallel()
	b := newBesideOthers(t)
	ended := b.endsNow(t)
	elsewhere, err := b.db.Pool.Begin(t.Context())
	require.NoError(t, err)
	for _, sql := range []string{
		`UPDATE sales SET sold = sold + 1, version = version + 1`,
		`INSERT INTO purchases (sale_id, ordinal, shopper_id, idempotency_key, purchased_at)
			SELECT id, sold, 'bea', 'the key of bea', ends_at FROM sales`,
	} {
		_, err := elsewhere.Exec(t.Context(), sql)
		require.NoError(t, err)
	}
	answers := make(chan model.Decision, 1)
	go func() {
		d, err := b.here.Commit(context.Background(), b.id, ordersOf("bea", "cid"))
		assert.NoError(t, err)
		answers <- d
	}()
	require.Eventually(t, func() (waits bool) {
		err := b.db.Pool.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock')`).Scan(&waits)
		return assert.NoError(t, err) && (waits || len(answers) > 0)
	}, limit, tick)
	assert.Empty(t, answers)
	require.NoError(t, elsewhere.Commit(t.Context()))
	d := <-answers
	require.Len(t, d.Outcomes, 2)
	assert.Equal(t, model.VerdictReplayed, d.Outcomes[0].Verdict)
	assert.Equal(t, model.VerdictNotActive, d.Outcomes[1].Verdict)
	assert.Greater(t, d.Sale.Version, ended.Version+1)
	assert.Equal(t, b.state(t).Sale, d.Sale, "what is announced is what stands in the table")
	assert.Equal(t, d.Sale, d.Outcomes[1].Sale.Sale)

	again, err := b.here.Commit(t.Context(), b.id, ordersOf("dan"))
	require.NoError(t, err)
	assert.Equal(t, d.Sale.Version, again.Sale.Version, "one write seals the end")
	assert.False(t, again.Fenced)
}

// known is a board that knows one sale.
type known struct{ state *model.State }

func (k known) Publish(sale model.Sale) {
	if sale.Version > k.state.Version {
		k.state.Sale = sale
	}
}

func (k known) Latest(id model.SaleID) (model.State, bool, error) {
	return *k.state, id == k.state.ID, nil
}

// TestMemoryRefusesFromTheSealOn: the first to come after the end is refused by the database, and the others at once.
func TestMemoryRefusesFromTheSealOn(t *testing.T) {
	t.Parallel()
	b := newBesideOthers(t)
	ended := b.endsNow(t)
	service := New(b.here, known{&ended}, Limits{}, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { assert.NoError(t, service.Close(context.Background())) })
	asks := func(shopper string) {
		t.Helper()
		outcome, err := service.Purchase(t.Context(), b.id, model.Order{ShopperID: shopper})
		require.NoError(t, err)
		assert.Equal(t, model.VerdictNotActive, outcome.Verdict)
	}
	asks("bea")
	require.EqualValues(t, 1, service.batcher.Accepted())
	require.True(t, b.renewed(t, ended))
	// And it is good for as long as this test takes.
	b.here.grounds.of(b.id).lease.grant(ended.Version, b.here.ledger.history.Load(), time.Now().Add(time.Hour))
	asks("cid")
	assert.EqualValues(t, 1, service.batcher.Accepted())
}

// TestASealIsForOneEnd, for the state that it has made, and for one history.
func TestASealIsForOneEnd(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 27, 18, 0, 0, 0, time.UTC)
	sealed := model.Sale{ID: 1, Version: 100, EndsAt: at}
	all := newGrounds()
	assert.False(t, all.of(1).seal.Load().holds(&sealed, 7))
	all.of(1).seal.Store(&seal{endsAt: at, version: 100, history: 7})
	for name, c := range map[string]struct {
		change  func(*model.Sale)
		history int64
		want    bool
	}{
		"the same":            {func(*model.Sale) {}, 7, true},
		"the same, elsewhere": {func(s *model.Sale) { s.EndsAt = at.In(time.FixedZone("", 3600)) }, 7, true},
		"later":               {func(s *model.Sale) { s.Version++ }, 7, true},
		"before it":           {func(s *model.Sale) { s.Version-- }, 7, false},
		"another end":         {func(s *model.Sale) { s.EndsAt = at.Add(time.Hour) }, 7, false},
		"another sale":        {func(s *model.Sale) { s.ID++ }, 7, false},
		"another history":     {func(*model.Sale) {}, 8, false},
	} {
		sale := sealed
		c.change(&sale)
		assert.Equal(t, c.want, all.of(sale.ID).seal.Load().holds(&sale, c.history), name)
	}
}
