package load

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/stress/shop"
)

// TestOneTroubleIsOne, by whatever port it was met.
func TestOneTroubleIsOne(t *testing.T) {
	t.Parallel()
	r := newRecorder(time.Now())
	for port := range 30 {
		r.troubleLocked(fmt.Errorf("open: %w", &net.OpError{
			Op: "read", Net: "tcp", Err: syscall.ECONNRESET,
			Source: &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 40_000 + port},
			Addr:   &net.TCPAddr{IP: net.IPv4(10, 0, 0, 2), Port: 80},
		}))
	}
	assert.Equal(t, map[string]int{"open: read tcp 10.0.0.2:80: connection reset by peer": 30}, r.trouble)
}

// TestWhyAWatcherHasHeardNothing is told by what kept them out last.
func TestWhyAWatcherHasHeardNothing(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no more", http.StatusServiceUnavailable)
	}))
	t.Cleanup(server.Close)
	target, err := shop.NewTarget(server.URL)
	require.NoError(t, err)
	r := &run{Config: Config{Targets: []*shop.Target{target}}, recorder: newRecorder(time.Now())}
	r.room = newRoom(t.Context(), r)
	w := &watcher{heard: make(chan struct{})}
	assert.EqualError(t, w.silence(), "has heard nothing within 1m0s")
	r.room.running.Go(func() { r.room.watch(w, 0, make(chan struct{}, 1)) })
	require.Eventually(t, func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.cuts > 0
	}, time.Minute, time.Millisecond)
	r.room.close()
	assert.ErrorContains(t, w.silence(), "has heard nothing within 1m0s: open a websocket: ")
	assert.ErrorContains(t, w.silence(), "503")
}
