package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/server/pg"
	"stampede/server/pg/pgtest"
)

// TestReplicasThatLoseTheirListenersAgainAndAgain: while both sell, no watcher of either sees a revision go back, and
// everybody ends at what was sold. `make bench-live` does the same 200 times, with more of them.
func TestReplicasThatLoseTheirListenersAgainAndAgain(t *testing.T) {
	t.Parallel()
	const watchers, cuts = 20, 15
	url := pgtest.URL(t)
	replicas := []*house{
		openHouse(t, func(cfg *Config) { cfg.DatabaseURL = url }), openHouse(t, func(cfg *Config) { cfg.DatabaseURL = url }),
	}
	id := replicas[0].schedule(t, 1_000_000)
	require.Eventually(t, func() bool {
		status := replicas[1].must(t, "", `{ saleStatus { id } }`, nil, "saleStatus")
		return status != nil
	}, waitLimit, tick)

	var reading sync.WaitGroup
	t.Cleanup(reading.Wait)
	var ends [2 * watchers]map[string]any
	for i := range ends {
		s := replicas[i%2].connect(t, "")
		s.subscribe(t, "1", watchAll, vars{"id": id})
		reading.Go(func() {
			for revision := -1.0; ends[i]["phase"] != "ENDED"; {
				sale, err := s.read()
				if !assert.NoError(t, err, "watcher %d", i) {
					return
				}
				assert.Greater(t, sale["revision"], revision, "watcher %d", i)
				revision, ends[i] = sale["revision"].(float64), sale
			}
		})
	}

	db, err := pg.Open(t.Context(), url)
	require.NoError(t, err)
	defer func() { assert.NoError(t, db.Close()) }()
	bought := 0
	for cut := 0; cut < cuts; bought++ {
		var ended int
		require.NoError(t, db.Pool.QueryRow(t.Context(), `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
			WHERE datname = current_database() AND query ILIKE 'listen%'`).Scan(&ended))
		cut += ended
		bought := replicas[bought%2].buy(t, fmt.Sprint("shopper ", bought), id, "")
		require.Equal(t, "PurchaseSuccess", bought["__typename"])
	}
	final := replicas[1].operate(t, "endSale", id)
	reading.Wait()
	for i, sale := range ends {
		assert.InDelta(t, final, sale["revision"], 0, "watcher %d", i)
		assert.InDelta(t, bought, sale["sold"], 0, "watcher %d", i)
	}
}

// TestAnEndThatCutsSomebodyOffSaysWhom: not only that there was too little time.
func TestAnEndThatCutsSomebodyOffSaysWhom(t *testing.T) {
	t.Parallel()
	cfg := Config{
		Addr: "127.0.0.1:0", AuthSecret: testSecret, AuthAudience: "stampede", LogLevel: "warn", LogFormat: "text",
		DatabaseURL: pgtest.URL(t), Connections: 1, Waiting: 1,
	}
	log, err := cfg.logger(testLog{t})
	require.NoError(t, err)
	app, err := NewApp(t.Context(), cfg, log)
	require.NoError(t, err)
	conn, err := net.Dial("tcp", app.listener.Addr().String())
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	_, err = io.WriteString(conn, "POST /graphql HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n"+
		"Content-Length: 10\r\nExpect: 100-continue\r\n\r\n")
	require.NoError(t, err)
	_, err = io.ReadFull(conn, make([]byte, len("HTTP/1.1 100 Continue")))
	require.NoError(t, err, "it waits for the rest")
	require.ErrorContains(t, app.Close(), "end the open requests: context deadline exceeded")
}

// TestAStandbyIsNotReady: a server on one shows how things stand, and sells nothing.
func TestAStandbyIsNotReady(t *testing.T) {
	t.Parallel()
	h := openHouse(t, func(c *Config) { c.DatabaseURL += "&default_transaction_read_only=on" })
	require.ErrorIs(t, h.ready(t.Context()), pg.ErrReadOnly)
	response, _ := h.get(t, http.MethodGet, "/readyz")
	assert.Equal(t, http.StatusServiceUnavailable, response.StatusCode)
}
