//go:build unix

package shop_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/stress/shop"
)

// counting is a server that counts its connections.
func counting(t *testing.T) (*httptest.Server, *shop.Target, *atomic.Int32) {
	t.Helper()
	opened := &atomic.Int32{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("{}"))
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	target, err := shop.NewTarget(server.URL)
	require.NoError(t, err)
	return server, target, opened
}

// TestAConnectionThatWasHungUp is opened again before anything is sent on it; any other is kept.
func TestAConnectionThatWasHungUp(t *testing.T) {
	t.Parallel()
	server, target, opened := counting(t)
	conn := shop.NewConn(target, time.Minute)
	t.Cleanup(conn.Close)
	require.NoError(t, conn.Ping(t.Context(), ""))
	require.NoError(t, conn.Ping(t.Context(), ""))
	assert.Equal(t, int32(1), opened.Load())
	server.CloseClientConnections()
	require.NoError(t, conn.Ping(t.Context(), ""), "one that was sent on it would have had no answer")
	assert.Equal(t, int32(2), opened.Load())
}

// TestAConnectionThatWasIdle for longer than an answer may take has not been hung up.
func TestAConnectionThatWasIdle(t *testing.T) {
	t.Parallel()
	_, target, opened := counting(t)
	conn := shop.NewConn(target, 4*time.Second)
	t.Cleanup(conn.Close)
	require.NoError(t, conn.Ping(t.Context(), ""))
	<-time.After(conn.Timeout)
	require.NoError(t, conn.Ping(t.Context(), ""))
	assert.Equal(t, int32(1), opened.Load())
}
