package shop_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/stress/shop"
)

// connect starts a server whose answer to request n is that text, and connects to it.
func connect(t *testing.T, answer func(n int) string) (conn *shop.Conn, asked *atomic.Int32) {
	t.Helper()
	asked = new(atomic.Int32)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, answer(int(asked.Add(1))))
	}))
	t.Cleanup(server.Close)
	target, err := shop.NewTarget(server.URL)
	require.NoError(t, err)
	conn = shop.NewConn(target, time.Minute)
	t.Cleanup(conn.Close)
	return conn, asked
}

// page is one purchase of a list that goes on after a cursor.
func page(cursor string) string {
	return fmt.Sprintf(`{"data":{"out":{"purchases":{"totalCount":3,"nodes":[{"ordinal":1}],`+
		`"pageInfo":{"hasNextPage":%t,"endCursor":%q}}}}}`, cursor != "", cursor)
}

func TestAListEnds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cursor func(n int) string
		want   string
	}{
		"after three pages": {func(n int) string { return []string{"", "a", "b", ""}[n] }, ""},
		"with a cursor that comes twice": {
			func(n int) string { return strconv.Itoa(n % 2) }, `goes in a circle: the cursor "1" came twice`,
		},
		"with more than there can be": {strconv.Itoa, "does not end: it has more than 10"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, asked := connect(t, func(n int) string {
				if n > 20 {
					return `{}` // it should have ended long ago
				}
				return page(c.cursor(n))
			})
			list, total, err := conn.List(t.Context(), "", "sale_1", 10)
			if c.want != "" {
				assert.ErrorContains(t, err, c.want)
				assert.Less(t, asked.Load(), int32(20))
				return
			}
			require.NoError(t, err)
			assert.Len(t, list, 3)
			assert.Equal(t, 3, total)
		})
	}
}

// TestNothingIsAskedWhenAllIsOver uses a connection that is open.
func TestNothingIsAskedWhenAllIsOver(t *testing.T) {
	t.Parallel()
	conn, asked := connect(t, func(int) string { return `{}` })
	require.NoError(t, conn.Ping(t.Context(), ""))
	ctx, end := context.WithCancel(t.Context())
	end()
	e := conn.Do(ctx, "", []byte(`{}`), shop.Cut{})
	require.ErrorIs(t, e.Err, context.Canceled)
	assert.False(t, e.Left)
	assert.EqualValues(t, 1, asked.Load())
}
