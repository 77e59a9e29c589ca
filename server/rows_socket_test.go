package main

import (
	"context"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestRowsOfWebsockets are the rows of the exact answers on websockets by their own words, each at its simplest;
// socket_test.go asks each of them in many ways. Those that take time have tests of their own: no `connection_init` within 5 s
// (TestASocketThatNeverIntroducesItself), a token that runs out later (TestATokenThatRunsOut), over the cap of connections of one
// address (TestRowOverTheCapOfConnectionsOfOneAddress), and in graph/transport a client that stops reading, or answering pings.
func TestRowsOfWebsockets(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	id := h.schedule(t, 100)
	subscribe := `{"id":"1","type":"subscribe","payload":{"query":"` + watch + `"}}`
	ends := func(code int, greets bool, says ...string) func(*testing.T) {
		return func(t *testing.T) {
			t.Helper()
			s, _, err := h.dial(t, nil)
			require.NoError(t, err)
			if greets {
				s.say(t, `{"type":"connection_init"}`)
				require.Equal(t, "connection_ack", s.next(t).Type)
			}
			for _, text := range says {
				s.say(t, text)
			}
			for {
				_, message, err := s.ReadMessage()
				if err == nil {
					require.NotContains(t, string(message), marker)
					continue
				}
				require.True(t, websocket.IsCloseError(err, code), "%v", err)
				return
			}
		}
	}
	refused := func(status int, origin string, protocols ...string) func(*testing.T) {
		return func(t *testing.T) {
			t.Helper()
			dialer := websocket.Dialer{Subprotocols: protocols, HandshakeTimeout: waitLimit}
			_, response, err := dialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(h.url, "http")+"/graphql", header("Origin", origin))
			require.ErrorIs(t, err, websocket.ErrBadHandshake)
			assert.Equal(t, status, response.StatusCode)
		}
	}
	for row, holds := range map[string]func(*testing.T){
		"a foreign `Origin`":                    refused(http.StatusForbidden, "https://evil.example", "graphql-transport-ws"),
		"another or no subprotocol":             refused(http.StatusBadRequest, h.URL(), "graphql-ws"),
		"`subscribe` before the ack":            ends(4401, false, subscribe),
		"a second `connection_init`":            ends(4429, true, `{"type":"connection_init"}`),
		"a subscription id in use":              ends(4409, true, subscribe, subscribe),
		"not JSON":                              ends(4400, true, marker),
		"unknown type":                          ends(4400, true, `{"type":"`+marker+`"}`),
		"missing id":                            ends(4400, true, `{"type":"subscribe","payload":{"query":"`+watch+`"}}`),
		"a message over 8 KB":                   ends(1009, true, strings.Repeat(" ", 8<<10+1)),
		"an invalid token in `connection_init`": ends(4403, false, `{"type":"connection_init","payload":{"Authorization":"Bearer `+marker+`"}}`),
		"an operation that fails to parse or validate": func(t *testing.T) {
			t.Helper()
			s := h.connect(t, "")
			for _, query := range []string{`{ ` + marker, `{ nonsense }`, `{ a: viewer { id } b: viewer { id } c: viewer { id } d: viewer { id } e: viewer { id } f: viewer { id } }`} {
				s.subscribe(t, "1", query, nil)
				f := s.next(t)
				assert.Equal(t, "1", f.ID)
				assert.NotEmpty(t, refusal(t, f))
				assert.NotContains(t, string(f.Payload), marker)
				s.alive(t) // and no complete
			}
		},
		"more than 5 subscriptions on a connection": func(t *testing.T) {
			t.Helper()
			s := h.connect(t, "")
			for _, id := range []string{"1", "2", "3", "4", "5"} {
				s.subscribe(t, id, watch, nil)
				s.event(t)
			}
			s.subscribe(t, "6", watch, nil)
			for {
				if f := s.next(t); f.ID == "6" { // others see the sale change meanwhile
					assert.Equal(t, "TOO_MANY_SUBSCRIPTIONS", refusal(t, f))
					return
				}
			}
		},
		"a query or mutation": func(t *testing.T) {
			t.Helper()
			s := h.connect(t, h.token(t, "ann"))
			s.subscribe(t, "1", purchase, vars{"input": vars{"saleId": id}})
			assert.Equal(t, "PurchaseSuccess", at(t, s.event(t), "purchase.__typename"))
			assert.Equal(t, frame{ID: "1", Type: "complete"}, s.next(t))
		},
		"`complete` from the client": func(t *testing.T) {
			t.Helper()
			s := h.connect(t, "")
			s.subscribe(t, "1", watch, nil)
			s.event(t)
			s.send(t, frame{ID: "1", Type: "complete"})
			s.say(t, `{"type":"ping"}`) // what was on its way comes first
			for f := s.next(t); f.Type != "pong"; f = s.next(t) {
				require.Equal(t, "next", f.Type)
			}
			h.buy(t, "somebody", id, "")
			s.alive(t)
		},
	} {
		t.Run(row, func(t *testing.T) { t.Parallel(); holds(t) })
	}
	t.Run("shutdown", func(t *testing.T) {
		t.Parallel()
		going := openHouse(t, nil)
		s := going.connect(t, "")
		require.NoError(t, going.graphql.Close(context.Background()))
		assert.Equal(t, 1012, s.closed(t).Code)
	})
}

// TestHandshakesOfNoWebsocket are answered in GraphQL's form too, though gorilla refuses them.
func TestHandshakesOfNoWebsocket(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	for name, wrong := range map[string]http.Header{
		"no key": header("Sec-WebSocket-Key", ""), "an old version": header("Sec-WebSocket-Version", "8"),
	} {
		headers := header("Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Protocol", "graphql-transport-ws",
			"Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
		maps.Copy(headers, wrong)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h.hear(t, asking{method: http.MethodGet, header: headers, status: http.StatusBadRequest, code: "BAD_REQUEST"})
		})
	}
}
