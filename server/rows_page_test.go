package main

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/server/pg/pgtest"
)

// TestRowsOfThePage are the rows about the page and the rest, by their own words.
func TestRowsOfThePage(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	page := func(t *testing.T, path string) (http.Header, int) {
		t.Helper()
		response, _ := h.get(t, http.MethodGet, path)
		return response.Header, response.StatusCode
	}
	for row, holds := range map[string]func(*testing.T){
		"`Content-Security-Policy` without `unsafe-inline` scripts": func(t *testing.T) {
			t.Helper()
			for _, path := range []string{"/", "/playground"} {
				headers, _ := page(t, path)
				for directive := range strings.SplitSeq(headers.Get("Content-Security-Policy"), ";") {
					if strings.Contains(directive, "script-src") || strings.Contains(directive, "default-src") {
						assert.NotContains(t, directive, "unsafe")
						assert.NotContains(t, directive, "*")
						assert.NotContains(t, directive, "http")
					}
				}
			}
		},
		"`frame-ancestors 'none'`, `base-uri 'none'`": func(t *testing.T) {
			t.Helper()
			headers, _ := page(t, "/")
			assert.Contains(t, headers.Get("Content-Security-Policy"), "frame-ancestors 'none'")
			assert.Contains(t, headers.Get("Content-Security-Policy"), "base-uri 'none'")
		},
		"`nosniff`, `no-referrer`": func(t *testing.T) {
			t.Helper()
			headers, _ := page(t, "/")
			assert.Equal(t, "nosniff", headers.Get("X-Content-Type-Options"))
			assert.Equal(t, "no-referrer", headers.Get("Referrer-Policy"))
		},
		"the page itself `no-cache`": func(t *testing.T) {
			t.Helper()
			headers, _ := page(t, "/")
			assert.Equal(t, "no-cache", headers.Get("Cache-Control"))
		},
		"Unknown paths under the page: the page, unknown files: 404": func(t *testing.T) {
			t.Helper()
			_, status := page(t, "/some/where")
			assert.Equal(t, http.StatusOK, status)
			_, status = page(t, "/some/where.js")
			assert.Equal(t, http.StatusNotFound, status)
		},
		"never in cookies or addresses": func(t *testing.T) {
			t.Helper()
			token := h.token(t, "ann")
			got := h.hear(t, asking{
				method: "GET", query: get(`{ viewer { id } }`) + "&access_token=" + token + "&token=" + token, status: 200,
				header: header("Cookie", "token="+token+"; Authorization=Bearer "+token),
			})
			assert.Nil(t, got.Data["viewer"])
			assert.Empty(t, got.Header.Values("Set-Cookie"))
		},
	} {
		t.Run(row, func(t *testing.T) { t.Parallel(); holds(t) })
	}
}

// kept keeps what is logged.
type kept struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (k *kept) Write(line []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.text.Write(line)
}

// TestLogsHoldNoToken, not even one that is refused, and no key of a purchase either.
func TestLogsHoldNoToken(t *testing.T) {
	t.Parallel()
	cfg := Config{
		Addr: "127.0.0.1:0", AuthSecret: testSecret, AuthAudience: "stampede", LogLevel: "debug", LogFormat: "json",
		DataDir: t.TempDir(), DatabaseURL: pgtest.URL(t), Connections: 100,
	}
	var log kept
	app, err := NewApp(t.Context(), cfg, slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	require.NoError(t, err)
	h := &house{App: app, client: &http.Client{Transport: &http.Transport{}, Timeout: waitLimit}, url: app.URL()}
	id := h.schedule(t, 1)
	good := h.token(t, "ann")
	forged := good[:len(good)-3] + "AAA"
	_, err = h.send(forged, `{ viewer { id } }`, nil)
	require.NoError(t, err)
	got, err := h.send(good, purchase, vars{"input": vars{"saleId": id, "idempotencyKey": "the-key-of-anns-wish"}})
	require.NoError(t, err)
	require.Empty(t, got.Errors)
	s := h.connect(t, good)
	s.alive(t)
	h.client.CloseIdleConnections()
	require.NoError(t, h.Close())
	for what, secret := range map[string]string{
		"a token": good[20:], "a part of it": strings.Split(good, ".")[1], "a forged one": forged[len(forged)-20:],
		"the secret": testSecret, "a key": "the-key-of-anns-wish",
	} {
		assert.NotContains(t, log.text.String(), secret, what)
	}
	assert.Contains(t, log.text.String(), "refused a token")
}
