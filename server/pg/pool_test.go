package pg_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/server/pg"
	"stampede/server/pg/pgtest"
)

func TestTestsRunOnPostgres18(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	var version int
	require.NoError(t, db.NewRaw(`SELECT current_setting('server_version_num')::int / 10000`).Scan(bounded(t), &version))
	assert.Equal(t, 18, version)
	require.NoError(t, db.Ping(bounded(t)))
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
