package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/graph"
)

// These are the rows of the exact answers to bad input on a websocket, over real connections.

const watch = `subscription { stockChanged { phase remaining revision } }`

// say sends text as it is.
func (s *socket) say(t *testing.T, text string) {
	t.Helper()
	require.NoError(t, s.WriteMessage(websocket.TextMessage, []byte(text)))
}

// alive says that the connection still answers, and that nothing else was on its way.
func (s *socket) alive(t *testing.T) {
	t.Helper()
	s.say(t, `{"type":"ping","payload":{"still":"there"}}`)
	f := s.next(t)
	assert.Equal(t, "pong", f.Type, "%s", f.Payload)
	assert.JSONEq(t, `{"still":"there"}`, string(f.Payload))
}

// closed reads the end of the connection, which has to come next.
func (s *socket) closed(t *testing.T) *websocket.CloseError {
	t.Helper()
	f := frame{Type: "ping"}
	var err error
	for err == nil && f.Type == "ping" {
		err = s.ReadJSON(&f)
	}
	require.Error(t, err, "not the end, but %+v", f)
	end, closed := errors.AsType[*websocket.CloseError](err)
	require.True(t, closed, "%v", err)
	return end
}

// refusal is the code of an error message.
func refusal(t *testing.T, f frame) string {
	t.Helper()
	require.Equal(t, "error", f.Type)
	var errs []struct {
		Message    string
		Extensions struct{ Code string }
	}
	require.NoError(t, json.Unmarshal(f.Payload, &errs), "%s", f.Payload)
	require.NotEmpty(t, errs)
	assert.NotEmpty(t, errs[0].Message)
	return errs[0].Extensions.Code
}

func TestHandshakesThatAreRefused(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	for name, c := range map[string]struct {
		origin    string
		protocols []string
		status    int
		code      string
	}{
		"a foreign origin":                     {"https://evil.example", []string{"graphql-transport-ws"}, http.StatusForbidden, "FORBIDDEN"},
		"the page's address with another port": {h.URL() + "0", []string{"graphql-transport-ws"}, http.StatusForbidden, "FORBIDDEN"},
		"an origin that is none":               {"null", []string{"graphql-transport-ws"}, http.StatusForbidden, "FORBIDDEN"},
		"no subprotocol":                       {"", nil, http.StatusBadRequest, "BAD_REQUEST"},
		"the old subprotocol":                  {"", []string{"graphql-ws"}, http.StatusBadRequest, "BAD_REQUEST"},
		"other subprotocols":                   {h.URL(), []string{"graphql-ws", "mqtt"}, http.StatusBadRequest, "BAD_REQUEST"},
	} {
		dialer := websocket.Dialer{Subprotocols: c.protocols, HandshakeTimeout: waitLimit}
		header := http.Header{}
		if c.origin != "" {
			header.Set("Origin", c.origin)
		}
		_, response, err := dialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(h.url, "http")+"/graphql", header)
		require.ErrorIs(t, err, websocket.ErrBadHandshake, name)
		assert.Equal(t, c.status, response.StatusCode, name)
		var said answer
		require.NoError(t, json.NewDecoder(response.Body).Decode(&said), name)
		require.Len(t, said.Errors, 1, name)
		assert.Equal(t, c.code, said.Errors[0].Extensions["code"], name)
		assert.NotContains(t, said.Errors[0].Message, "evil", name)
	}
	dialer := websocket.Dialer{Subprotocols: []string{"graphql-ws", "graphql-transport-ws"}, HandshakeTimeout: waitLimit}
	ws, _, err := dialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(h.url, "http")+"/graphql", nil)
	require.NoError(t, err)
	assert.Equal(t, "graphql-transport-ws", ws.Subprotocol(), "of several, the one that is spoken")
	require.NoError(t, ws.Close())
}

func TestWhatEndsASocket(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	h.schedule(t, 1)
	expired, _, err := h.auth.Mint("ann", []graph.Scope{graph.ScopeShopper}, -time.Minute)
	require.NoError(t, err)
	const marker = "echo-of-the-input" // no answer carries it
	text := func(text string) func(*testing.T, *socket) {
		return func(t *testing.T, s *socket) { t.Helper(); s.say(t, text) }
	}
	introduce := func(authorization string) func(*testing.T, *socket) {
		return text(`{"type":"connection_init","payload":{"Authorization":` + authorization + `}}`)
	}
	subscribe := `{"id":"` + marker + `","type":"subscribe","payload":{"query":"` + watch + `"}}`
	for name, c := range map[string]struct {
		code  int
		ready bool // it has introduced itself
		say   func(*testing.T, *socket)
	}{
		"a subscription before the ack":   {4401, false, text(subscribe)},
		"nonsense for a token":            {4403, false, introduce(`"Bearer ` + marker + `"`)},
		"an expired token":                {4403, false, introduce(`"Bearer ` + expired + `"`)},
		"another scheme than Bearer":      {4403, false, introduce(`"Basic ` + h.token(t, "ann") + `"`)},
		"a number for a token":            {4400, false, introduce(`17`)},
		"an introduction that is no JSON": {4400, false, text(`{"type":"connection_init","payload":{` + marker)},
		"a second connection_init":        {4429, true, introduce(`"Bearer ` + h.token(t, "ann") + `"`)},
		"an id in use": {4409, true, func(t *testing.T, s *socket) {
			t.Helper()
			s.say(t, subscribe)
			s.event(t)
			s.say(t, subscribe)
		}},
		"no JSON":                       {4400, true, text(marker)},
		"trailing garbage":              {4400, true, text(`{"type":"ping"}}`)},
		"no object":                     {4400, true, text(`["ping"]`)},
		"null":                          {4400, true, text(`null`)},
		"nothing at all":                {4400, true, text(``)},
		"no type":                       {4400, true, text(`{"id":"1"}`)},
		"an unknown type":               {4400, true, text(`{"id":"1","type":"` + marker + `"}`)},
		"what only servers send":        {4400, true, text(`{"type":"connection_ack"}`)},
		"a subscription without an id":  {4400, true, text(`{"type":"subscribe","payload":{"query":"` + watch + `"}}`)},
		"an empty id":                   {4400, true, text(`{"id":"","type":"subscribe","payload":{"query":"` + watch + `"}}`)},
		"a number for an id":            {4400, true, text(`{"id":1,"type":"subscribe","payload":{"query":"` + watch + `"}}`)},
		"an id of a page":               {4400, true, text(`{"id":"` + strings.Repeat("x", 1000) + `","type":"subscribe","payload":{"query":"` + watch + `"}}`)},
		"a subscription to nothing":     {4400, true, text(`{"id":"1","type":"subscribe"}`)},
		"a subscription without a text": {4400, true, text(`{"id":"1","type":"subscribe","payload":{"variables":{}}}`)},
		"an end without an id":          {4400, true, text(`{"type":"complete"}`)},
		"a binary frame": {4400, true, func(t *testing.T, s *socket) {
			t.Helper()
			require.NoError(t, s.WriteMessage(websocket.BinaryMessage, []byte(`{"type":"ping"}`)))
		}},
		"a byte over 8 KB":      {1009, true, text(pingOf(8<<10 + 1))},
		"300 KB":                {1009, true, text(pingOf(300_000))},
		"300 KB, not yet known": {1009, false, text(pingOf(300_000))},
		"over 8 KB, in pieces": {1009, true, func(t *testing.T, s *socket) {
			t.Helper()
			piece := pingOf(3 << 10)
			message, err := s.NextWriter(websocket.TextMessage)
			require.NoError(t, err)
			for range 3 { // the client's buffer is 4 KB: each goes out as a frame, or two
				_, err = message.Write([]byte(piece))
				require.NoError(t, err)
			}
			require.NoError(t, message.Close())
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _, err := h.dial(t, nil)
			require.NoError(t, err)
			if c.ready {
				s.say(t, `{"type":"connection_init"}`)
				require.Equal(t, "connection_ack", s.next(t).Type)
			}
			c.say(t, s)
			end := s.closed(t)
			assert.Equal(t, c.code, end.Code, end.Text)
			assert.NotContains(t, end.Text, marker)
		})
	}
}

// pingOf is a ping of so many bytes.
func pingOf(size int) string {
	const head, tail = `{"type":"ping","payload":{"x":"`, `"}}`
	return head + strings.Repeat("x", size-len(head)-len(tail)) + tail
}

func TestASocketThatNeverIntroducesItself(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	anonymous := h.connect(t, "")
	began := time.Now()
	s, _, err := h.dial(t, nil)
	require.NoError(t, err)
	s.alive(t) // but who is it?
	end := s.closed(t)
	assert.Equal(t, 4408, end.Code)
	assert.Greater(t, time.Since(began), 4*time.Second, "it was given the time to")
	anonymous.alive(t)
}

func TestATokenThatRunsOut(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	h.schedule(t, 1)
	others := []*socket{h.connect(t, ""), h.connect(t, h.token(t, "bob"))}
	// It has run out, but the server takes tokens for 30 s more: this one for 8 s to 9 s.
	token, _, err := h.auth.Mint("ann", []graph.Scope{graph.ScopeShopper}, -21*time.Second)
	require.NoError(t, err)
	s := h.connect(t, token)
	s.subscribe(t, "1", watch, nil)
	s.event(t)
	end := s.closed(t)
	assert.Equal(t, 4403, end.Code)
	assert.Equal(t, "token expired", end.Text)
	for _, other := range others {
		other.alive(t)
	}
}

func TestAnOperationThatIsNoneEndsAlone(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	h.schedule(t, 1)
	s := h.connect(t, "")
	s.subscribe(t, "watching", watch, nil)
	s.event(t)
	for name, c := range map[string]struct {
		query     string
		variables vars
		code      string
	}{
		"a syntax error":              {`subscription { stockChanged { phase }`, nil, "GRAPHQL_PARSE_FAILED"},
		"an unknown field":            {`subscription { stockChanged { colour } }`, nil, "GRAPHQL_VALIDATION_FAILED"},
		"a variable that is missing":  {`subscription($id: ID!) { stockChanged(saleId: $id) { phase } }`, nil, "GRAPHQL_VALIDATION_FAILED"},
		"two fields":                  {`subscription { stockChanged { phase } __typename }`, nil, "GRAPHQL_VALIDATION_FAILED"},
		"one field twice":             {`subscription { stockChanged { phase } b: stockChanged { phase } }`, nil, "GRAPHQL_VALIDATION_FAILED"},
		"a query with a syntax error": {`{`, nil, "GRAPHQL_PARSE_FAILED"},
	} {
		s.subscribe(t, name, c.query, c.variables)
		f := s.next(t)
		assert.Equal(t, name, f.ID)
		assert.Equal(t, c.code, refusal(t, f), name)
		s.alive(t) // and no complete
	}
	h.buy(t, "ann", at(t, h.must(t, "", `{ saleStatus { id } }`, nil, "saleStatus"), "id").(string), "")
	assert.Equal(t, "SOLD_OUT", at(t, s.event(t), "stockChanged.phase"), "the others go on")
}

func TestASocketHoldsFiveSubscriptions(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	id := h.schedule(t, 9)
	s := h.connect(t, h.token(t, "ann"))
	open := map[string]bool{}
	subscribe := func(id string) {
		s.subscribe(t, id, watch, nil)
		f := s.next(t)
		require.Equal(t, "next", f.Type)
		require.Equal(t, id, f.ID)
		open[id] = true
	}
	for i := range 5 {
		subscribe(fmt.Sprint(i))
	}
	s.subscribe(t, "one too many", watch, nil)
	f := s.next(t)
	assert.Equal(t, "one too many", f.ID)
	assert.Equal(t, "TOO_MANY_SUBSCRIPTIONS", refusal(t, f))

	fiveSee := func(remaining float64) {
		seen := map[string]bool{}
		for range open {
			f := s.next(t)
			require.Equal(t, "next", f.Type)
			var got answer
			require.NoError(t, json.Unmarshal(f.Payload, &got))
			assert.InDelta(t, remaining, at(t, got.Data, "stockChanged.remaining"), 0)
			seen[f.ID] = true
		}
		assert.Equal(t, open, seen)
		s.alive(t)
	}
	h.buy(t, "ann", id, "")
	fiveSee(8)
	s.subscribe(t, "a query", `{ viewer { id } }`, nil)
	assert.Equal(t, "ann", at(t, s.event(t), "viewer.id"), "queries are no subscriptions")
	assert.Equal(t, frame{ID: "a query", Type: "complete"}, s.next(t))

	s.send(t, frame{ID: "3", Type: "complete"})
	delete(open, "3")
	subscribe("a new one")
	h.buy(t, "bob", id, "")
	fiveSee(7)
}

func TestAnswersOnASocketAreNextAndComplete(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	id := h.schedule(t, 1)
	s := h.connect(t, h.token(t, "ann"))
	s.subscribe(t, "a query", `{ saleStatus { id remaining } viewer { id } }`, nil)
	f := s.next(t)
	assert.Equal(t, "a query", f.ID)
	assert.JSONEq(t, `{"data":{"saleStatus":{"id":"`+id+`","remaining":1},"viewer":{"id":"ann"}}}`, string(f.Payload))
	assert.Equal(t, frame{ID: "a query", Type: "complete"}, s.next(t))

	for _, want := range []string{"PurchaseSuccess", "AlreadyPurchased"} { // the id is free again
		s.subscribe(t, "a mutation", purchase, vars{"input": vars{"saleId": id}})
		assert.Equal(t, want, at(t, s.event(t), "purchase.__typename"))
		assert.Equal(t, frame{ID: "a mutation", Type: "complete"}, s.next(t))
	}

	s.subscribe(t, "a number", `query($n: Int!) { sales(first: $n) { edges { node { id } } } }`, vars{"n": 1})
	assert.Equal(t, id, at(t, s.event(t), "sales.edges.0.node.id"))
	assert.Equal(t, frame{ID: "a number", Type: "complete"}, s.next(t))

	s.subscribe(t, "refused", `mutation($id: ID!) { endSale(input: {saleId: $id}) { sale { id } } }`, vars{"id": id})
	f = s.next(t)
	assert.Equal(t, "next", f.Type, "it was executed")
	assert.Contains(t, string(f.Payload), "FORBIDDEN")
	assert.Equal(t, frame{ID: "refused", Type: "complete"}, s.next(t))
	s.alive(t)
}
