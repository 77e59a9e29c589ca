package pg_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"stampede/server/pg"
	"stampede/server/pg/pgtest"
)

// encrypted stands before the database that to leads to, as one that takes nothing but TLS does, and returns the URL by
// which it is reached.
func encrypted(t *testing.T, to string) string {
	t.Helper()
	u, err := url.Parse(to)
	require.NoError(t, err)
	query := u.Query()
	socket := query.Get("host") + "/.s.PGSQL." + query.Get("port")
	lender := httptest.NewTLSServer(nil) // of its certificate
	lender.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var running sync.WaitGroup
	ctx, end := context.WithCancel(context.Background())
	running.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			context.AfterFunc(ctx, func() { _ = client.Close() }) // also when a test has failed and closed nothing
			running.Go(func() { encrypt(client, lender.TLS, socket) })
		}
	})
	t.Cleanup(func() {
		assert.NoError(t, listener.Close())
		end()
		running.Wait()
	})
	query.Set("host", "127.0.0.1")
	query.Set("port", strconv.Itoa(listener.Addr().(*net.TCPAddr).Port))
	query.Set("sslmode", "require")
	u.RawQuery = query.Encode()
	return u.String()
}

// encrypt carries one connection, until either side ends it.
func encrypt(client net.Conn, config *tls.Config, socket string) {
	defer func() { _ = client.Close() }()
	var asked [8]byte // for TLS
	if _, err := io.ReadFull(client, asked[:]); err != nil {
		return
	}
	if _, err := client.Write([]byte("S")); err != nil {
		return
	}
	server, err := net.Dial("unix", socket)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	secret := tls.Server(client, config)
	var back sync.WaitGroup
	back.Go(func() {
		_, _ = io.Copy(secret, server)
		_ = client.Close()
	})
	_, _ = io.Copy(server, secret)
	_ = server.Close()
	back.Wait()
}

// TestOverTLS all is as it is without: the guard of COMMIT lies beneath what encrypts.
func TestOverTLS(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, write func(context.Context, bun.Tx) error) {
		t.Helper()
		direct := atCommit(t, `NULL`)
		db, err := pg.Open(bounded(t), encrypted(t, direct.Pool.Config().ConnString()))
		require.NoError(t, err)
		require.NoError(t, db.Serializable(bounded(t), write))
		require.NoError(t, db.Close())
		assert.Equal(t, 1, rows(t, direct))

		network := pgtest.Between(t, direct.Pool.Config().ConnString(), false, pgtest.IsCommit)
		db, err = pg.Open(bounded(t), encrypted(t, network.URL))
		require.NoError(t, err)
		require.ErrorIs(t, db.Serializable(bounded(t), write), pg.ErrOutcomeUnknown)
		require.NoError(t, db.Close())
		assert.Equal(t, 2, rows(t, direct))
		assert.EqualValues(t, 1, network.Accepted.Load(), "no cancel request was sent after the COMMIT")
	})
}
