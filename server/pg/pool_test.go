package pg_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"stampede/server/pg"
	"stampede/server/pg/pgtest"
)

func TestTestsRunOnPostgres18(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	var version int
	require.NoError(t, db.NewRaw(`SELECT current_setting('server_version_num')::int / 10000`).Scan(bounded(t), &version))
	assert.Equal(t, 18, version)
	require.NoError(t, db.Writable(bounded(t)))
}

func TestOpenNeverTellsThePassword(t *testing.T) {
	t.Parallel()
	const password = "hunter2"
	for _, url := range []string{
		"hunter2",
		"postgres://u:hunter2@host:port/db",
		"postgres://u:hunter2@host:99999/db",
		"postgres://u:hun%ter2@host/db",
		"postgres://u:hunter2/@host/db",
		"postgres://u:hunter2@[::1/db",
		"postgres://u:hunter2@host/db?sslmode=maybe",
		"postgres://u@host/db?password=hunter2&sslmode=maybe",
		"host=localhost password=hunter2 sslmode=maybe",
		"password=hunter2 =",
		"mysql://u:hunter2@host/db",
	} {
		_, err := pg.Open(bounded(t), url)
		require.Error(t, err, url)
		require.ErrorIs(t, err, pg.ErrBadURL, url)
		assert.NotContains(t, err.Error(), password[:3], url)
		assert.NotContains(t, err.Error(), "\n")
	}
	_, err := pg.Open(bounded(t), "postgres://u:hunter2@127.0.0.1:1/db")
	require.Error(t, err)
	assert.NotErrorIs(t, err, pg.ErrBadURL)
	assert.NotContains(t, err.Error(), password)
}

func TestOpenSizesThePool(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	for _, test := range []struct {
		url  string
		opts []pg.Option
		want int32
	}{
		{url, nil, 16},
		{url + "&pool_max_conns=3", nil, 3},
		{url + "&pool_max_conns=3", []pg.Option{pg.WithMaxConns(5)}, 5},
	} {
		db, err := pg.Open(bounded(t), test.url, test.opts...)
		require.NoError(t, err)
		assert.Equal(t, test.want, db.Pool.Config().MaxConns)
		require.NoError(t, db.Close())
		require.NoError(t, db.Close(), "a second Close")
	}
}

// TestAConnectionWhoseServerVanishedIsPassedOver: it says nothing any more, not even that it has ended, and whoever gets it
// from the pool must have time left for another one.
func TestAConnectionWhoseServerVanishedIsPassedOver(t *testing.T) {
	t.Parallel()
	const conns = 2
	var vanished atomic.Int32 // connections up to this one
	network := pgtest.Between(t, pgtest.EmptyURL(t), true, func(conn int32, _ []byte) bool { return conn <= vanished.Load() })
	db, err := pg.Open(bounded(t), network.URL, pg.WithMaxConns(conns))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	cfg := db.Pool.Config()
	shouldPing := cfg.ShouldPing
	cfg.ShouldPing = func(ctx context.Context, p pgxpool.ShouldPingParams) bool {
		p.IdleDuration = time.Hour
		return shouldPing(ctx, p)
	}
	pool, err := pgxpool.NewWithConfig(bounded(t), cfg)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	t.Cleanup(network.Cut)
	var all [conns]*pgxpool.Conn
	for i := range all {
		all[i], err = pool.Acquire(bounded(t))
		require.NoError(t, err)
	}
	for _, conn := range all {
		conn.Release()
	}
	vanished.Store(network.Accepted.Load())
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second) // for 15 s pgx would hold the place of each
	defer cancel()
	conn, err := pool.Acquire(ctx)
	require.NoError(t, err)
	require.NoError(t, conn.Ping(ctx))
	conn.Release()
	assert.Equal(t, vanished.Load()+1, network.Accepted.Load(), "nobody dialled to cancel a ping")
}

// TestSettingsOfTheURLCount, however it says them.
func TestSettingsOfTheURLCount(t *testing.T) {
	t.Parallel()
	url := pgtest.EmptyURL(t)
	for said, want := range map[string]string{
		"": "2s", "&lock_timeout=4000": "4s", "&options=-c%20lock_timeout%3D4000": "4s",
		"&options=--lock-timeout%3D4000": "4s", "&options=-c%20jit%3Don": "2s",
		"&options=-clock_timeout%3D4000": "4s", "&options=-c%20jit%3Don%20-c%20LOCK_TIMEOUT%3D4000": "4s",
		"&options=-c%20deadlock_timeout%3D4000": "2s", // ends as another one does
	} {
		db, err := pg.Open(bounded(t), url+said)
		require.NoError(t, err)
		assert.Equal(t, want, value[string](t, db, `SHOW lock_timeout`), said)
		require.NoError(t, db.Close())
	}
}

// TestSettingsByWhichWhatIsConfirmedCanBeLost are told.
func TestSettingsByWhichWhatIsConfirmedCanBeLost(t *testing.T) {
	t.Parallel()
	risky := func(url, level string) []string {
		t.Helper()
		db, err := pg.Open(bounded(t), url+"&synchronous_commit="+level)
		require.NoError(t, err)
		risky, err := db.RiskySettings(bounded(t))
		require.NoError(t, err)
		require.NoError(t, db.Close())
		return risky
	}
	awaited, err := pg.StartEmbedded(bounded(t), pg.EmbeddedConfig{Bin: pinned(t), Throwaway: true, Settings: map[string]string{
		"fsync": "on", "full_page_writes": "on", "wal_level": "replica", "max_wal_senders": "1",
		"synchronous_standby_names": "nobody",
	}})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, awaited.Stop(context.Background())) })
	for _, level := range []string{"on", "remote_write", "remote_apply"} {
		assert.Empty(t, risky(awaited.URL(pg.Database), level), level)
	}
	for _, level := range []string{"off", "local"} {
		assert.Equal(t, []string{"synchronous_commit"}, risky(awaited.URL(pg.Database), level), level)
	}
	assert.Equal(t, []string{"fsync", "full_page_writes"}, risky(pgtest.EmptyURL(t), "local"), "there is no standby")
	assert.Equal(t, []string{"fsync", "full_page_writes", "synchronous_commit"}, risky(pgtest.EmptyURL(t), "off"))
}

// TestOpenBoundsThePing, unless the URL has a bound of its own.
func TestOpenBoundsThePing(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	for more, want := range map[string]time.Duration{
		"": 500 * time.Millisecond, "&pool_ping_timeout=0": 500 * time.Millisecond, "&pool_ping_timeout=2s": 2 * time.Second,
	} {
		db, err := pg.Open(bounded(t), url+more)
		require.NoError(t, err)
		assert.Equal(t, want, db.Pool.Config().PingTimeout)
		require.NoError(t, db.Close())
	}
}

// TestASessionIsSetAsItMustBe, whatever the database says for all others: what was confirmed stays, no text turns into
// SQL, and nothing is cut off that must not be. The URL alone may differ.
func TestASessionIsSetAsItMustBe(t *testing.T) {
	t.Parallel()
	db := pgtest.NewEmpty(t)
	url := db.Pool.Config().ConnString()
	name := pgx.Identifier{value[string](t, db, `SELECT current_database()`)}.Sanitize()
	for setting, foul := range map[string]string{
		"synchronous_commit": "off", "standard_conforming_strings": "off", "client_encoding": "latin1",
		"statement_timeout": "1", "idle_session_timeout": "1", "lock_timeout": "1", "idle_in_transaction_session_timeout": "1",
	} {
		must(t, db, `ALTER DATABASE `+name+` SET `+setting+` = `+foul)
	}
	opened, err := pg.Open(bounded(t), url)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, opened.Close()) })
	for setting, want := range map[string]string{
		"synchronous_commit": "on", "standard_conforming_strings": "on", "client_encoding": "UTF8",
		"statement_timeout": "0", "idle_session_timeout": "0", "lock_timeout": "2s", "idle_in_transaction_session_timeout": "1s",
	} {
		assert.Equal(t, want, value[string](t, opened, `SELECT current_setting($1)`, setting), setting)
	}
	var quoted string
	require.NoError(t, opened.NewSelect().ColumnExpr("?", `a\'b é`).Scan(bounded(t), &quoted))
	assert.Equal(t, `a\'b é`, quoted)
}

// TestADatabaseThatCannotHoldAllTextIsRefused at the start, and not when somebody with an accent buys.
func TestADatabaseThatCannotHoldAllTextIsRefused(t *testing.T) {
	t.Parallel()
	_, err := pg.Open(bounded(t), newDatabase(t, `ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C'`))
	require.ErrorIs(t, err, pg.ErrEncoding)
	assert.ErrorContains(t, err, "LATIN1")
}

// TestSettingsOfADatabaseAreForPeople at a console: what the server relies on, they don't change.
func TestSettingsOfADatabaseAreForPeople(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, write func(context.Context, bun.Tx) error) {
		t.Helper()
		console := atCommit(t, `RAISE WARNING 'the transaction has already committed locally'`)
		for _, setting := range []string{
			`client_min_messages = error`, `statement_timeout = 10`, `idle_session_timeout = 10`,
			`standard_conforming_strings = off`, `default_transaction_isolation = serializable`, `datestyle = German`,
		} {
			must(t, console, `DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET `+setting+`'; END $$`)
		}
		db, err := pg.Open(bounded(t), console.Pool.Config().ConnString())
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, db.Close()) })

		assert.ErrorIs(t, db.Serializable(bounded(t), write), pg.ErrOutcomeUnknown, "its COMMIT was warned of")
		must(t, db, `SELECT pg_sleep(0.05)`)
		assert.Equal(t, "0", value[string](t, db, `SHOW idle_session_timeout`))
		assert.Equal(t, "read committed", value[string](t, db, `SHOW transaction_isolation`))
		const text = `a backslash \' in 'quotes'`
		var back string
		require.NoError(t, db.NewRaw(`SELECT ?::text`, text).Scan(bounded(t), &back))
		assert.Equal(t, text, back)
		require.NoError(t, db.NewRaw(`SELECT ?::text`, "🏮").Scan(bounded(t), &back))
		assert.Equal(t, "🏮", back)
		var opens time.Time
		require.NoError(t, db.NewRaw(`SELECT timestamptz '2026-11-22T18:00:00Z'`).Scan(bounded(t), &opens))
		assert.Equal(t, int64(1795370400), opens.Unix())
	})
}
