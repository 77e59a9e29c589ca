package sale //nolint:testpackage // the doubt is nobody else's

import (
	"context"
	"errors"
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

// empty is a board that knows that there is no sale.
type empty struct{ stale }

func (empty) Latest(model.SaleID) (model.State, bool, error) { return model.State{}, false, nil }

// operated is a service behind a network that loses the answer to each COMMIT while cut is set. The board is stale.
type operated struct {
	*Service

	direct *Store // of the same database, past that network
	db     *pg.DB
	cut    atomic.Bool
}

func newOperated(t *testing.T) *operated {
	t.Helper()
	direct, o := pgtest.New(t), &operated{}
	network := pgtest.Between(t, direct.Pool.Config().ConnString(), false, func(conn int32, sent []byte) bool {
		return o.cut.Load() && pgtest.IsCommit(conn, sent)
	})
	db, err := pg.Open(t.Context(), network.URL)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	log := slog.New(slog.DiscardHandler)
	o.direct, o.db = NewStore(direct, nil, log), db
	o.Service = New(NewStore(db, nil, log), stale(0), Limits{}, log)
	t.Cleanup(func() { assert.NoError(t, o.Close(context.Background())) })
	return o
}

// says asserts that an error is of this code, and says exactly this.
func says(t *testing.T, err error, code model.Code, message string) {
	t.Helper()
	said, ok := errors.AsType[*model.Error](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, code, said.Code)
	assert.Equal(t, message, said.Message)
}

// TestSchedulingSaysWhetherItMayHaveHappened: after a lost answer to COMMIT a second attempt may make a second sale, and
// after any other failure it does not.
func TestSchedulingSaysWhetherItMayHaveHappened(t *testing.T) {
	t.Parallel()
	service := newOperated(t)
	plan := model.Plan{Product: model.Product{SKU: "s", Name: "n"}, Stock: 10, StartsAt: time.Now()}
	_, err := service.Schedule(t.Context(), "op", plan)
	require.NoError(t, err)

	service.cut.Store(true)
	_, err = service.Schedule(t.Context(), "op", plan)
	says(t, err, model.CodeOutcomeUnknown,
		"Whether it was scheduled is not known: look whether the sale is there before you ask again.")
	require.Eventually(t, func() bool {
		sales, _, _, err := service.direct.Pulse(t.Context())
		return assert.NoError(t, err) && sales == 2
	}, limit, tick, "it has happened")

	require.NoError(t, service.db.Close())
	_, err = service.Schedule(t.Context(), "op", plan)
	says(t, err, model.CodeBusy, "The server could not write just now: nothing was scheduled. Ask again.")
}

// TestAChangeSaysWhetherItMayHaveHappened: a restock has no key. After a lost answer to COMMIT a second attempt may add
// the units twice, and after any other failure it does not.
func TestAChangeSaysWhetherItMayHaveHappened(t *testing.T) {
	t.Parallel()
	service := newOperated(t)
	plan := model.Plan{Product: model.Product{SKU: "s", Name: "n"}, Stock: 10, StartsAt: time.Now()}
	lamp, err := service.Schedule(t.Context(), "op", plan)
	require.NoError(t, err)
	other, err := service.Schedule(t.Context(), "op", plan)
	require.NoError(t, err)

	service.cut.Store(true)
	_, err = service.Change(t.Context(), lamp.ID, adds)
	says(t, err, model.CodeOutcomeUnknown,
		"Whether the change was made is not known: look at the sale's changes before you ask again.")
	service.cut.Store(false)
	_, err = service.Commit(t.Context(), other.ID, []model.Order{{ShopperID: "ann"}})
	require.NoError(t, err)
	assert.True(t, service.grounds.of(lamp.ID).doubted.Load(), "another sale's write has not waited for it")
	assert.False(t, service.grounds.of(other.ID).doubted.Load())
	require.Eventually(t, func() bool {
		state, err := service.direct.Sale(t.Context(), lamp.ID)
		return assert.NoError(t, err) && state.Stock == 20
	}, limit, tick, "it has happened")
	_, err = service.Change(t.Context(), lamp.ID, change(model.Paused, model.Sale.Pause))
	require.NoError(t, err)
	assert.False(t, service.grounds.of(lamp.ID).doubted.Load(), "another change of this one has")

	require.NoError(t, service.db.Close())
	_, err = service.Change(t.Context(), lamp.ID, adds)
	says(t, err, model.CodeBusy, "The server could not write just now: nothing was changed. Ask again.")
	state, err := service.direct.Sale(t.Context(), lamp.ID)
	require.NoError(t, err)
	assert.Equal(t, 20, state.Stock)
}

// TestAChangeOfAnUnknownSaleIsWrongInput, whether memory can say that there is none or only the database.
func TestAChangeOfAnUnknownSaleIsWrongInput(t *testing.T) {
	t.Parallel()
	service := newOperated(t)
	for name, board := range map[string]Board{"memory is too old": stale(0), "memory says so": empty{}} {
		service.board = board
		_, err := service.Change(t.Context(), 99, adds)
		problems, ok := errors.AsType[model.Problems](err)
		require.True(t, ok, "%s: %v", name, err)
		require.Len(t, problems, 1, name)
		assert.Equal(t, model.CodeNotFound, problems[0].Code, name)
		assert.Equal(t, []string{"saleId"}, problems[0].Field, name)
	}
}
