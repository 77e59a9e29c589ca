//go:build unix

package shop_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/stress/shop"
)

// TestAConnectionThatWasHungUp is opened again before anything is sent on it; any other is kept.
func TestAConnectionThatWasHungUp(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	opened := 0
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("{}"))
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		mu.Lock()
		defer mu.Unlock()
		if s == http.StateNew {
			opened++
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	target, err := shop.NewTarget(server.URL)
	require.NoError(t, err)
	conn := shop.NewConn(target, time.Minute)
	t.Cleanup(conn.Close)
	require.NoError(t, conn.Ping(t.Context()))
	require.NoError(t, conn.Ping(t.Context()))
	mu.Lock()
	assert.Equal(t, 1, opened)
	mu.Unlock()
	server.CloseClientConnections()
	require.NoError(t, conn.Ping(t.Context()), "one that was sent on it would have had no answer")
	mu.Lock()
	assert.Equal(t, 2, opened)
	mu.Unlock()
}
