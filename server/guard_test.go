package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// knock sends the same question n times, as somebody, and counts the answers by status.
func (h *house) knock(t *testing.T, n int, headers http.Header) (statuses map[int]int, last *http.Response) {
	t.Helper()
	statuses = map[int]int{}
	for range n {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.url+"/graphql", strings.NewReader(body(`{ viewer { id } }`)))
		require.NoError(t, err)
		request.Header = headers.Clone()
		request.Header.Set("Content-Type", "application/json")
		last, err = h.client.Do(request)
		require.NoError(t, err)
		said, err := io.ReadAll(last.Body)
		require.NoError(t, err)
		require.NoError(t, last.Body.Close())
		statuses[last.StatusCode]++
		if last.StatusCode != http.StatusOK {
			assert.Contains(t, string(said), `"RATE_LIMITED"`)
		}
	}
	return statuses, last
}

// TestRowOverARateLimit. A rate of 1 an hour would be clearer than 1 a second, but then nobody could wait for it; so the
// tests send more at once than can have been waited for.
func TestRowOverARateLimit(t *testing.T) {
	t.Parallel()
	t.Run("over a rate limit", func(t *testing.T) {
		t.Parallel()
		h := openHouse(t, func(c *Config) { c.PerShopper, c.PerAddress = new(1), new(0) })
		ann := header("Authorization", "Bearer "+h.token(t, "ann"))
		statuses, _ := h.knock(t, 50, ann)
		assert.GreaterOrEqual(t, statuses[http.StatusOK], 2)
		require.Positive(t, statuses[http.StatusTooManyRequests])
		statuses, last := h.knock(t, 3, ann)
		if statuses[http.StatusTooManyRequests] == 3 {
			seconds, err := strconv.Atoi(last.Header.Get("Retry-After"))
			require.NoError(t, err)
			assert.InDelta(t, 1, seconds, 1)
		}
		statuses, _ = h.knock(t, 2, header("Authorization", "Bearer "+h.token(t, "bob")))
		assert.Equal(t, 2, statuses[http.StatusOK], "another shopper is not held up")
		statuses, _ = h.knock(t, 20, http.Header{})
		assert.Equal(t, 20, statuses[http.StatusOK], "nor is anybody without a name")
	})
	t.Run("of an address", func(t *testing.T) {
		t.Parallel()
		h := openHouse(t, func(c *Config) { c.PerAddress = new(1) })
		statuses, _ := h.knock(t, 50, http.Header{})
		assert.Positive(t, statuses[http.StatusTooManyRequests])
		response, _ := h.get(t, http.MethodGet, "/")
		assert.Equal(t, http.StatusOK, response.StatusCode, "the page is still served")
	})
	t.Run("by default, the machine itself is not limited", func(t *testing.T) {
		t.Parallel()
		h := openHouse(t, nil)
		statuses, _ := h.knock(t, 100, header("Authorization", "Bearer "+h.token(t, "ann")))
		assert.Equal(t, map[int]int{http.StatusOK: 100}, statuses)
	})
	t.Run("behind a trusted proxy", func(t *testing.T) {
		t.Parallel()
		h := openHouse(t, func(c *Config) { c.PerAddress, c.Proxies = new(1), "127.0.0.0/8, 10.0.0.1" })
		for name, forwarded := range map[string]string{
			"one caller":          "192.0.2.%[2]d, 192.0.2.1", // what the caller says itself is not believed
			"through two proxies": "192.0.2.2, 10.0.0.1",
			"by IPv6":             "2001:db8::%[1]x",
			"with a port":         "192.0.2.3:%[1]d",
		} {
			limited := 0
			for i := range 30 {
				said := forwarded
				if strings.Contains(said, "%") {
					said = fmt.Sprintf(forwarded, 1000+i, i)
				}
				statuses, _ := h.knock(t, 1, header("X-Forwarded-For", said))
				limited += statuses[http.StatusTooManyRequests]
			}
			assert.Positive(t, limited, name)
		}
		for i := range 30 {
			statuses, _ := h.knock(t, 1, header("X-Forwarded-For", fmt.Sprint("198.51.100.", i)))
			assert.Equal(t, 1, statuses[http.StatusOK], "callers are told apart")
		}
		response, _ := h.knock(t, 1, header("X-Forwarded-For", "198.51.100.99", "X-Forwarded-Proto", "https"))
		assert.Equal(t, 1, response[http.StatusOK])
	})
	t.Run("forwarded headers of anybody else are ignored", func(t *testing.T) {
		t.Parallel()
		h := openHouse(t, func(c *Config) { c.PerAddress = new(1) })
		limited := 0
		for i := range 30 {
			statuses, _ := h.knock(t, 1, header("X-Forwarded-For", fmt.Sprint("198.51.100.", i), "Forwarded", fmt.Sprint("for=198.51.100.", i)))
			limited += statuses[http.StatusTooManyRequests]
		}
		assert.Positive(t, limited)
	})
	t.Run("operations on a websocket count too", func(t *testing.T) {
		t.Parallel()
		h := openHouse(t, func(c *Config) { c.PerShopper, c.PerAddress = new(1), new(0) })
		s := h.connect(t, h.token(t, "ann"))
		limited := 0
		for i := range 20 {
			s.subscribe(t, fmt.Sprint(i), `{ viewer { id } }`, nil)
			f := s.next(t)
			if f.Type == "error" {
				assert.Equal(t, "RATE_LIMITED", refusal(t, f))
				limited++
				continue
			}
			require.Equal(t, "complete", s.next(t).Type)
		}
		assert.Positive(t, limited)
		s.alive(t)
	})
}

func TestStrictTransportSecurityIsToldBehindTLSAlone(t *testing.T) {
	t.Parallel()
	trusting := openHouse(t, func(c *Config) { c.Proxies = "127.0.0.1" })
	alone := openHouse(t, nil)
	for name, c := range map[string]struct {
		h     *house
		proto string
		want  bool
	}{
		"TLS at a trusted proxy": {trusting, "https", true}, "none at it": {trusting, "http", false}, "a claim": {alone, "https", false},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.h.url+"/", http.NoBody)
		require.NoError(t, err)
		request.Header.Set("X-Forwarded-Proto", c.proto)
		response, err := c.h.client.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		assert.Equal(t, c.want, response.Header.Get("Strict-Transport-Security") != "", name)
	}
}

// TestConnectionsAreBounded: one too many is closed, and makes room when it ends.
func TestConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	h := openHouse(t, func(c *Config) { c.Connections = 3 })
	dial := func() net.Conn {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", h.listener.Addr().String())
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	answered := func(conn net.Conn) bool {
		if _, err := io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: shop\r\n\r\n"); err != nil {
			return false
		}
		status := make([]byte, len("HTTP/1.1 200"))
		_, err := io.ReadFull(conn, status)
		return err == nil && string(status) == "HTTP/1.1 200"
	}
	var held []net.Conn
	for range 3 {
		conn := dial()
		require.True(t, answered(conn))
		held = append(held, conn)
	}
	assert.False(t, answered(dial()), "the fourth")
	require.NoError(t, held[0].Close())
	require.Eventually(t, func() bool { return answered(dial()) }, waitLimit, 10*tick)
}

// askOverHTTP2 has the house's client speak HTTP/2 without TLS, as a proxy may, and counts its connections.
func (h *house) askOverHTTP2(t *testing.T) (connections *atomic.Int32) {
	t.Helper()
	connections = &atomic.Int32{}
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	transport := &http.Transport{
		Protocols: &protocols,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			connections.Add(1)
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	h.client = &http.Client{Transport: transport, Timeout: waitLimit}
	return connections
}

// TestHTTP2WithoutTLS: proxies may speak it, and whoever opens streams only to reset them holds up nobody.
func TestHTTP2WithoutTLS(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	h.schedule(t, 1)
	h.askOverHTTP2(t)
	got := h.hear(t, asking{body: body(`{ saleStatus { phase } }`), status: 200})
	assert.Equal(t, "ACTIVE", at(t, got.Data, "saleStatus.phase"))
	h.hear(t, asking{body: strings.Repeat(marker, 1<<12), status: 413, code: "PAYLOAD_TOO_LARGE"})
	response, _ := h.get(t, http.MethodGet, "/healthz")
	assert.Equal(t, "HTTP/2.0", response.Proto)
}

// TestRowOverTheCapOfConnectionsOfOneAddress is about websockets.
func TestRowOverTheCapOfConnectionsOfOneAddress(t *testing.T) {
	t.Parallel()
	h := openHouse(t, func(c *Config) { c.Proxies = "127.0.0.1" })
	from := header("X-Forwarded-For", "198.51.100.7")
	var staying sync.WaitGroup
	t.Cleanup(staying.Wait)
	for range 1000 {
		s, _, err := h.dial(t, from)
		require.NoError(t, err)
		s.send(t, frame{Type: "connection_init"}) // or it is closed after five seconds
		staying.Go(s.stay)
	}
	_, response, err := h.dial(t, from)
	require.ErrorIs(t, err, websocket.ErrBadHandshake)
	assert.Equal(t, http.StatusTooManyRequests, response.StatusCode)
	assert.NotEmpty(t, response.Header.Get("Retry-After"))
	_, _, err = h.dial(t, header("X-Forwarded-For", "198.51.100.8"))
	require.NoError(t, err, "others are let in")
}

// stay answers the server's pings until the connection ends.
func (s *socket) stay() {
	_ = s.SetReadDeadline(time.Time{}) // it may have ended
	for {
		if _, _, err := s.ReadMessage(); err != nil {
			return
		}
	}
}

// TestClientsThatDawdle are closed: 5 s for a header, 15 s for a whole request.
func TestClientsThatDawdle(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	for name, sent := range map[string]string{
		"nothing":       "",
		"half a header": "POST /graphql HTTP/1.1\r\nHost: shop\r\nContent-",
		"half a body":   "POST /graphql HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
		"half a chunk":  "POST /graphql HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", h.listener.Addr().String())
			require.NoError(t, err)
			t.Cleanup(func() { _ = conn.Close() })
			_, err = io.WriteString(conn, sent)
			require.NoError(t, err)
			require.NoError(t, conn.SetReadDeadline(time.Now().Add(2*waitLimit)))
			said, err := io.ReadAll(conn)
			require.NoError(t, err, "it is closed, and not kept")
			assert.NotContains(t, string(said), "200 OK")
		})
	}
}
