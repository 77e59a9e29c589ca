package shop_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/stress/judge"
	"stampede/stress/shop"
)

// refuse starts a server that refuses all requests but every third, and connects to it.
func refuse(t *testing.T, status int, headers map[string]string, timeout time.Duration) (*shop.Conn, *atomic.Int32) {
	t.Helper()
	asked := new(atomic.Int32)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1)%3 != 0 {
			for name, value := range headers {
				w.Header().Set(name, value)
			}
			w.WriteHeader(status)
			return
		}
		_, _ = io.WriteString(w, `{"data":{"out":{"id":"sale_1","sale":{"id":"sale_1"}}}}`)
	}))
	t.Cleanup(server.Close)
	target, err := shop.NewTarget(server.URL)
	require.NoError(t, err)
	conn := shop.NewConn(target, timeout)
	t.Cleanup(conn.Close)
	return conn, asked
}

// TestWhoeverIsThrottledTriesAgain: who opens connections, an operator and a reader.
func TestWhoeverIsThrottledTriesAgain(t *testing.T) {
	t.Parallel()
	conn, asked := refuse(t, http.StatusTooManyRequests, nil, time.Minute)
	require.NoError(t, conn.Ping(t.Context(), ""))
	_, _, err := conn.Status(t.Context(), "", "sale_1")
	require.NoError(t, err)
	_, err = conn.Change(t.Context(), "", "sale_1", judge.Restock, 1)
	require.NoError(t, err)
	assert.EqualValues(t, 9, asked.Load())
}

// TestWhoIsThrottledHasNotAllDay gives up when an answer has taken as long as it may.
func TestWhoIsThrottledHasNotAllDay(t *testing.T) {
	t.Parallel()
	conn, asked := refuse(t, http.StatusTooManyRequests, map[string]string{"Retry-After": "60"}, 30*time.Second)
	require.ErrorContains(t, conn.Ping(t.Context(), ""), "the server answers 429")
	assert.EqualValues(t, 1, asked.Load())
}

// TestWhetherAPurchaseWasThrottled or is in doubt: a 503 that does not say when to come again may have been passed on.
func TestWhetherAPurchaseWasThrottled(t *testing.T) {
	t.Parallel()
	later := map[string]string{"Retry-After": "1"}
	for _, c := range []struct {
		status  int
		headers map[string]string
		want    judge.Result
	}{
		{http.StatusTooManyRequests, nil, judge.Throttled},
		{http.StatusServiceUnavailable, later, judge.Throttled},
		{http.StatusServiceUnavailable, nil, judge.Garbled},
		{http.StatusBadGateway, later, judge.Garbled},
	} {
		conn, _ := refuse(t, c.status, c.headers, time.Minute)
		assert.Equal(t, c.want, conn.Purchase(t.Context(), shop.Order{Sale: "sale_1"}).Result, "%d %v", c.status, c.headers)
	}
}

// TestAChangeIsNotMadeTwice: a 503 that does not say when to come again may have been passed on, and made.
func TestAChangeIsNotMadeTwice(t *testing.T) {
	t.Parallel()
	conn, asked := refuse(t, http.StatusServiceUnavailable, nil, time.Minute)
	_, err := conn.Change(t.Context(), "", "sale_1", judge.Restock, 1)
	require.ErrorContains(t, err, "the server answers 503")
	assert.EqualValues(t, 1, asked.Load())
}
