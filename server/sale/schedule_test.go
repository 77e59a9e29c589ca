package sale //nolint:testpackage // the doubt is nobody else's

import (
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/model"
	"stampede/server/pg"
	"stampede/server/pg/pgtest"
)

// silent is a board that knows nothing and tells nobody.
type silent struct{}

func (silent) Publish(model.Sale) {}

func (silent) Latest(model.SaleID) (model.State, bool, error) {
	return model.State{}, false, assert.AnError
}

// TestSchedulingSaysWhetherItMayHaveHappened: after a lost answer to COMMIT a second attempt may make a second sale, and
// after any other failure it does not.
func TestSchedulingSaysWhetherItMayHaveHappened(t *testing.T) {
	t.Parallel()
	direct := pgtest.New(t)
	var cut atomic.Bool
	network := pgtest.Between(t, direct.Pool.Config().ConnString(), false, func(conn int32, sent []byte) bool {
		return cut.Load() && pgtest.IsCommit(conn, sent)
	})
	db, err := pg.Open(t.Context(), network.URL)
	require.NoError(t, err)
	service := New(NewStore(db, nil, slog.New(slog.DiscardHandler)), silent{}, Limits{}, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { _ = db.Close() })
	plan := model.Plan{Product: model.Product{SKU: "s", Name: "n"}, Stock: 10, StartsAt: time.Now()}
	_, err = service.Schedule(t.Context(), "op", plan)
	require.NoError(t, err)
	require.False(t, service.doubtful.Load())

	cut.Store(true)
	_, err = service.Schedule(t.Context(), "op", plan)
	assert.Equal(t, model.CodeOutcomeUnknown, model.CodeOf(err))
	assert.True(t, service.doubtful.Load())
	require.Eventually(t, func() bool {
		sales, _, _, err := NewStore(direct, nil, slog.New(slog.DiscardHandler)).Pulse(t.Context())
		return assert.NoError(t, err) && sales == 2
	}, limit, tick, "it has happened")

	require.NoError(t, db.Close())
	_, err = service.Schedule(t.Context(), "op", plan)
	assert.Equal(t, model.CodeBusy, model.CodeOf(err))
}
