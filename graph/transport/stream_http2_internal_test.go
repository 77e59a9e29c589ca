package transport

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/graph"
)

// http2Client asks the shop over HTTP/2, and counts its connections.
func (s *shop) http2Client(t *testing.T) (client *http.Client, connections *atomic.Int32) {
	t.Helper()
	connections = &atomic.Int32{}
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	transport := &http.Transport{
		Protocols: &protocols,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			connections.Add(1)
			return s.dial(ctx, network, address)
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}, connections
}

// settle waits until the client comes back to a connection: it may not know of the first one until a moment after its
// answer.
func settle(t *testing.T, client *http.Client) {
	t.Helper()
	reused := false
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		GotConn: func(got httptrace.GotConnInfo) { reused = got.Reused },
	})
	for begun := time.Now(); !reused; {
		require.Less(t, time.Since(begun), limit)
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://shop/graphql?query={__typename}", http.NoBody)
		require.NoError(t, err)
		response, err := client.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
	}
}

// over asks for an operation's answers as events.
func (s *shop) over(ctx context.Context, t *testing.T, client *http.Client, query string) *events {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://shop/graphql",
		strings.NewReader(jsonOf(t, map[string]any{"query": query})))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", eventStream)
	response, err := client.Do(request)
	require.NoError(t, err)
	t.Cleanup(func() { _ = response.Body.Close() })
	require.Equal(t, http.StatusOK, response.StatusCode)
	assert.Equal(t, 2, response.ProtoMajor)
	return &events{Response: response, lines: bufio.NewReader(response.Body)}
}

// TestStreamsShareAConnectionOfHTTP2: two on one connection; when one is cancelled, the other goes on, and there is
// room for a third.
func TestStreamsShareAConnectionOfHTTP2(t *testing.T) {
	t.Parallel()
	s := open(t, tcp(t), nil)
	client, connections := s.http2Client(t)
	settle(t, client)
	before := connections.Load()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	given, kept := s.over(ctx, t, client, watch), s.over(t.Context(), t, client, watch)
	for sold := range 2 {
		assert.InDelta(t, sold, given.sold(t), 0)
		assert.InDelta(t, sold, kept.sold(t), 0)
		s.feed.sell(1)
	}
	assert.Equal(t, map[graph.SaleID]int{0: 2}, s.Watching())
	cancel()
	_, err := io.Copy(io.Discard, given.lines) // the last state may have come before
	require.ErrorIs(t, err, context.Canceled)
	require.Eventually(t, func() bool { return s.Watching()[0] == 1 }, limit, time.Millisecond, "the server has noticed")
	assert.InDelta(t, 2, kept.sold(t), 0)
	s.feed.sell(1)
	assert.InDelta(t, 3, kept.sold(t), 0)
	third := s.over(t.Context(), t, client, watch)
	assert.InDelta(t, 3, third.sold(t), 0)
	query := s.over(t.Context(), t, client, `{ saleStatus { sold } }`)
	assert.Contains(t, query.event(t), `"sold":3`)
	assert.Equal(t, "event: complete\ndata:\n\n", query.event(t))
	query.over(t)
	assert.Equal(t, before, connections.Load(), "no other connection was needed")
}

// TestAQuietStreamOverHTTP2Lives: what bounds a write does not end what has been written. The clock is the bubble's.
func TestAQuietStreamOverHTTP2Lives(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, newPipes(), nil)
		client, _ := s.http2Client(t)
		ctx, cancel := context.WithCancel(t.Context())
		watching := s.over(ctx, t, client, watch)
		assert.InDelta(t, 0, watching.sold(t), 0)
		for range 30 {
			line, err := watching.lines.ReadString('\n')
			require.NoError(t, err)
			require.Contains(t, []string{":\n", "\n"}, line)
		}
		s.feed.sell(1)
		assert.InDelta(t, 1, watching.sold(t), 0)
		cancel()
		client.CloseIdleConnections()
	})
}
