package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTokenCommand(t *testing.T) {
	h := openHouse(t, nil)
	setAll(t, map[string]string{"AUTH_SECRET": testSecret})
	var token bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"token", "-sub", "alice", "-scope", "shopper operator", "-ttl", "1h"}, &token, io.Discard))
	viewer := h.must(t, strings.TrimSpace(token.String()), `{ viewer { id scopes } }`, nil, "viewer")
	assert.Equal(t, vars{"id": "alice", "scopes": []any{"SHOPPER", "OPERATOR"}}, viewer)

	for name, args := range map[string][]string{
		"no subject":        {"token"},
		"a long subject":    {"token", "-sub", strings.Repeat("x", 65)},
		"an unknown scope":  {"token", "-sub", "a", "-scope", "king"},
		"no scope":          {"token", "-sub", "a", "-scope", " "},
		"a scope left over": {"token", "-sub", "a", "-scope", "shopper", "operator"},
		"no time to live":   {"token", "-sub", "a", "-ttl", "0s"},
		"an unknown flag":   {"token", "-nonsense"},
		"no such command":   {"nonsense"},
		"health of nothing": {"health"},
	} {
		t.Setenv("ADDR", "127.0.0.1:1")
		assert.Error(t, run(t.Context(), args, io.Discard, io.Discard), name)
	}
	t.Setenv("ADDR", h.listener.Addr().String())
	assert.NoError(t, run(t.Context(), []string{"health"}, io.Discard, io.Discard))
}

// TestCommandsAskForNoMoreThanTheyNeed: whoever asks for help, or for a server's health, need not know its secrets.
func TestCommandsAskForNoMoreThanTheyNeed(t *testing.T) {
	h := openHouse(t, nil)
	setAll(t, nil)
	var said bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"token", "-help"}, io.Discard, &said))
	assert.Contains(t, said.String(), "-scope")
	require.ErrorContains(t, run(t.Context(), []string{"nonsense"}, io.Discard, io.Discard), "no command")
	require.ErrorContains(t, run(t.Context(), []string{"token", "-sub", "a"}, io.Discard, io.Discard), "AUTH_SECRET")
	t.Setenv("ADDR", "nowhere")
	require.ErrorContains(t, run(t.Context(), []string{"health"}, io.Discard, io.Discard), "ADDR")
	t.Setenv("ADDR", h.listener.Addr().String())
	require.NoError(t, run(t.Context(), []string{"health"}, io.Discard, io.Discard))
}

// TestHealthIsAskedOfTheServerItself, and of no proxy that the environment names for others: this one says yes to all.
func TestHealthIsAskedOfTheServerItself(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(proxy.Close)
	before := http.DefaultTransport
	t.Cleanup(func() { http.DefaultTransport = before })
	through, err := url.Parse(proxy.URL)
	require.NoError(t, err)
	proxied := &http.Transport{Proxy: http.ProxyURL(through)} // what HTTP_PROXY makes of it, but for this very machine
	t.Cleanup(proxied.CloseIdleConnections)
	http.DefaultTransport = proxied
	setAll(t, nil)
	t.Setenv("ADDR", "127.0.0.1:1")
	require.ErrorContains(t, run(t.Context(), []string{"health"}, io.Discard, io.Discard), "does not answer")
}
