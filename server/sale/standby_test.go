package sale //nolint:testpackage // what is known by heart is nobody else's

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/model"
	"stampede/server/pg"
)

// primary is a PostgreSQL of the test's own, for its standby concerns all of it.
type primary struct {
	url   string // the owner's
	admin *pgx.Conn
	db    *pg.DB
}

func startPrimary(t *testing.T) *primary {
	t.Helper()
	ctx := context.Background()
	bin := os.Getenv("POSTGRES_BIN")
	if bin == "" {
		var err error
		bin, err = pg.FindBinaries("../..")
		require.NoError(t, err)
	}
	cluster, err := pg.StartEmbedded(ctx, pg.EmbeddedConfig{
		Bin: bin, Throwaway: true, Settings: map[string]string{
			"wal_level": "replica", "max_wal_senders": "1", "synchronous_commit": "on",
		},
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, cluster.Stop(ctx)) })
	p := &primary{url: cluster.URL(pg.Database)}
	require.NoError(t, pg.MigrateAs(ctx, p.url, cluster.ServingURL(pg.Database)))
	p.admin, err = pgx.Connect(ctx, p.url)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, p.admin.Close(ctx)) })
	p.db, err = pg.Open(ctx, cluster.ServingURL(pg.Database), pg.WithTx(pg.CommitTimeout(time.Minute)))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, p.db.Close()) })
	return p
}

func (p *primary) sets(t *testing.T, statement string) {
	t.Helper()
	for _, sql := range []string{statement, `SELECT pg_reload_conf()`} {
		_, err := p.admin.Exec(context.Background(), sql)
		require.NoError(t, err)
	}
}

// awaitWaiting returns when so many commits wait for the standby.
func (p *primary) awaitWaiting(t *testing.T, commits int) {
	t.Helper()
	require.Eventually(t, func() bool {
		var n int
		err := p.admin.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity
			WHERE wait_event = 'SyncRep' AND backend_type = 'client backend'`).Scan(&n)
		return assert.NoError(t, err) && n == commits
	}, limit, tick)
}

// losesItsStandby has every commit wait for a standby that is away, until it comes back. One commit waits already.
func (p *primary) losesItsStandby(t *testing.T) (comesBack func()) {
	t.Helper()
	canary, err := pgx.Connect(t.Context(), p.url)
	require.NoError(t, err)
	p.sets(t, `ALTER SYSTEM SET synchronous_standby_names = 'nobody'`)
	back, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for ended := false; !ended; { // until the setting has arrived, it waits for nobody
			_, err := canary.Exec(context.Background(), `SELECT pg_logical_emit_message(true, 'canary', ''::text)`)
			select {
			case <-back:
				ended = true
			default:
				ended = !assert.NoError(t, err)
			}
		}
		assert.NoError(t, canary.Close(context.Background()))
	}()
	comesBack = sync.OnceFunc(func() {
		close(back)
		p.sets(t, `ALTER SYSTEM RESET synchronous_standby_names`)
		<-done
	})
	t.Cleanup(comesBack)
	p.awaitWaiting(t, 1)
	return comesBack
}

// TestWhatNoStandbyHasIsNotConfirmed: a purchase can stand in the primary's table alone, as after a restart of a primary
// whose commits were waiting for a standby that was away. Who tells of it waits for the standby too, though it writes
// nothing, on every replica; and memory does not know it by heart before.
func TestWhatNoStandbyHasIsNotConfirmed(t *testing.T) {
	t.Parallel()
	p := startPrimary(t)
	here, lamp := openSale(t, p.db)
	sold := bought(t, here, lamp.ID, "ann")
	paused, err := here.Amend(t.Context(), lamp.ID, model.Amendment{Kind: model.Paused, By: "op", Change: model.Sale.Pause})
	require.NoError(t, err)
	comesBack := p.losesItsStandby(t)

	there := NewStore(p.db, nil, slog.New(slog.DiscardHandler))
	refused, err := there.Commit(t.Context(), lamp.ID, []model.Order{{ShopperID: "eve"}})
	require.NoError(t, err, "a refusal waits for nobody")
	assert.Equal(t, model.VerdictNotActive, refused.Outcomes[0].Verdict)

	answers := make(chan model.Verdict, 2)
	for i, key := range []string{"ann", "another key"} {
		go func() {
			d, err := there.Commit(context.Background(), lamp.ID, []model.Order{{ShopperID: "ann", IdempotencyKey: key}})
			assert.NoError(t, err)
			answers <- d.Outcomes[0].Verdict
		}()
		p.awaitWaiting(t, 2+i)
	}
	m := openMemory(t, there)
	m.patience = limit
	m.catchUp(sold)
	p.awaitWaiting(t, 4)
	assert.Empty(t, answers)
	_, known := m.find(lamp.ID, "ann")
	assert.False(t, known)

	comesBack()
	assert.ElementsMatch(t, []model.Verdict{model.VerdictReplayed, model.VerdictAlreadyPurchased},
		[]model.Verdict{<-answers, <-answers})
	require.Eventually(t, func() bool { _, known := m.find(lamp.ID, "ann"); return known }, limit, tick)
	state, err := there.Sale(t.Context(), lamp.ID)
	require.NoError(t, err)
	assert.Equal(t, paused.Version, state.Version, "and nothing was written to the sale")
}
