package shop_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/stress/shop"
)

// TestAnAnswerThatDoesNotEnd is left at a bound: the load must not run out of memory before it is heard out.
func TestAnAnswerThatDoesNotEnd(t *testing.T) {
	t.Parallel()
	const enough = 64 << 20
	wrote := make(chan int, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if websocket.IsWebSocketUpgrade(r) {
			socket, err := (&websocket.Upgrader{Subprotocols: []string{"graphql-transport-ws"}}).Upgrade(w, r, nil)
			if err != nil {
				return
			}
			defer func() { _ = socket.Close() }()
			_, _, _ = socket.ReadMessage()
			_ = socket.WriteJSON(map[string]string{"type": "connection_ack"})
			_, _, _ = socket.ReadMessage()
			_ = socket.WriteJSON(map[string]string{"type": "next", "payload": strings.Repeat("x", 5<<20)})
			return
		}
		conn, buffer, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		_, _ = buffer.WriteString("HTTP/1.1 200 OK\r\n")
		line := bufio.NewWriter(conn)
		all := buffer.Flush()
		n := 0
		for ; all == nil && n < enough; n += 1024 {
			_, all = line.WriteString("X-More: " + strings.Repeat("x", 1014) + "\r\n")
		}
		wrote <- n
	}))
	t.Cleanup(server.Close)
	target, err := shop.NewTarget(server.URL)
	require.NoError(t, err)

	conn := shop.NewConn(target, time.Minute)
	defer conn.Close()
	e := conn.Do(t.Context(), "", []byte(`{}`), shop.Cut{})
	require.ErrorContains(t, e.Err, "an answer of more than")
	conn.Close()
	assert.Less(t, <-wrote, enough)

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	watch, err := shop.Subscribe(ctx, target, "sale_1")
	require.NoError(t, err)
	defer watch.Close()
	_, _, err = watch.Next()
	require.ErrorIs(t, err, websocket.ErrReadLimit)
}
