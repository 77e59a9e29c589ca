package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/graph"
	"stampede/server/pg/pgtest"
)

// serveVariable makes this test binary the server itself, for the tests that need a process to kill.
const serveVariable = "STAMPEDE_TEST_SERVE"

const (
	testSecret = "a secret that only these tests know, 32 or more"
	waitLimit  = 20 * time.Second
	tick       = time.Millisecond
)

func TestMain(m *testing.M) {
	if os.Getenv(serveVariable) == "" {
		pgtest.Main(m)
		return
	}
	os.Exit(program(nil))
}

// house is a whole server on a database of its own, and a client to it.
type house struct {
	*App
	client      *http.Client
	url         string
	databaseURL string
	owner       string // databaseURL for who owns the schema; the server itself only serves
}

// openHouse starts a server; change may alter its settings.
func openHouse(t *testing.T, change func(*Config)) *house {
	t.Helper()
	owner := pgtest.URL(t)
	cfg := Config{
		Addr: "127.0.0.1:0", AuthSecret: testSecret, AuthAudience: "stampede", LogLevel: "warn", LogFormat: "text",
		DataDir: t.TempDir(), DatabaseURL: pgtest.Serving(t, owner), Connections: 10_000, Waiting: 10_000,
	}
	introspection := true
	cfg.Introspect = &introspection
	if change != nil {
		change(&cfg)
	}
	require.NoError(t, cfg.check())
	log, err := cfg.logger(testLog{t})
	require.NoError(t, err)
	app, err := NewApp(t.Context(), cfg, log)
	require.NoError(t, err)
	transport := &http.Transport{MaxIdleConnsPerHost: 2000}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		assert.NoError(t, app.Close())
	})
	return &house{App: app, client: &http.Client{Transport: transport, Timeout: waitLimit}, url: app.URL(), databaseURL: cfg.DatabaseURL, owner: owner}
}

// testLog gives what the server logs to the test.
type testLog struct{ t *testing.T }

func (l testLog) Write(line []byte) (int, error) {
	l.t.Log(strings.TrimSpace(string(line)))
	return len(line), nil
}

// token names a shopper, or with scopes whatever else.
func (h *house) token(t *testing.T, sub string, scopes ...graph.Scope) string {
	t.Helper()
	if scopes == nil {
		scopes = []graph.Scope{graph.ScopeShopper}
	}
	token, _, err := h.auth.Mint(sub, scopes, time.Hour)
	require.NoError(t, err)
	return token
}

func (h *house) operator(t *testing.T) string {
	t.Helper()
	return h.token(t, "operator", graph.ScopeOperator)
}

// vars are an operation's variables; answer is what came back.
type (
	vars   = map[string]any
	answer struct {
		Status int
		Header http.Header
		Body   []byte `json:"-"`
		Data   map[string]any
		Errors []struct {
			Message    string
			Path       []any
			Extensions map[string]any
		}
	}
)

// ask sends an operation over HTTP.
func (h *house) ask(t *testing.T, token, query string, variables vars) answer {
	t.Helper()
	got, err := h.send(token, query, variables)
	require.NoError(t, err)
	return got
}

// send is ask for goroutines, which may not end the test.
func (h *house) send(token, query string, variables vars) (answer, error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return answer{}, err
	}
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, h.url+"/graphql", bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := h.client.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	got := answer{Status: response.StatusCode, Header: response.Header}
	if got.Body, err = io.ReadAll(response.Body); err != nil {
		return got, err
	}
	return got, json.Unmarshal(got.Body, &got)
}

// must is ask for an operation that has to work; it returns one field of the data.
func (h *house) must(t *testing.T, token, query string, variables vars, field string) any {
	t.Helper()
	got := h.ask(t, token, query, variables)
	require.Empty(t, got.Errors)
	return got.Data[field]
}

// at walks into an answer: "purchase.sale.id", "nodes.0.id".
func at(t *testing.T, value any, path string) any {
	t.Helper()
	for step := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			require.Contains(t, v, step)
			value = v[step]
		case []any:
			i := int(step[0] - '0')
			require.Greater(t, len(v), i)
			value = v[i]
		default:
			require.Fail(t, "nothing to walk into", "%s of %v", step, value)
		}
	}
	return value
}

const scheduleSale = `mutation($input: ScheduleSaleInput!) {
	scheduleSale(input: $input) { sale { id phase revision } userErrors { field code message } } }`

func saleInput(stock int, startsAt time.Time) vars {
	return vars{
		"product": vars{
			"sku": "LAMP-1", "name": "Lamp", "description": "Warm.",
			"price": vars{"amount": "49.90", "currencyCode": "EUR"},
		},
		"stock": stock, "startsAt": startsAt.UTC().Format(time.RFC3339Nano),
	}
}

// schedule makes a sale that has just opened, and returns its id.
func (h *house) schedule(t *testing.T, stock int) string {
	t.Helper()
	made := h.must(t, h.operator(t), scheduleSale, vars{"input": saleInput(stock, time.Now().Add(-time.Minute))}, "scheduleSale")
	require.Empty(t, at(t, made, "userErrors"))
	return at(t, made, "sale.id").(string)
}

const purchase = `mutation($input: PurchaseInput!) { purchase(input: $input) {
	__typename
	... on PurchaseSuccess { replayed purchase { id ordinal purchasedAt shopperId sale { id sold remaining } } }
	... on PurchaseError { code message retryable }
	... on SaleNotActive { sale { phase } }
	... on SoldOut { sale { phase remaining } }
	... on AlreadyPurchased { purchase { id ordinal } }
	... on TryAgain { retryAfterMs } } }`

// buy asks for one unit and returns the result.
func (h *house) buy(t *testing.T, shopper, saleID, key string) map[string]any {
	t.Helper()
	input := vars{"saleId": saleID}
	if key != "" {
		input["idempotencyKey"] = key
	}
	return h.must(t, h.token(t, shopper), purchase, vars{"input": input}, "purchase").(map[string]any)
}

// socket is a websocket that speaks graphql-transport-ws.
type socket struct{ *websocket.Conn }

type frame struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

func (h *house) dial(t *testing.T, header http.Header) (*socket, *http.Response, error) {
	t.Helper()
	dialer := websocket.Dialer{Subprotocols: []string{"graphql-transport-ws"}, HandshakeTimeout: waitLimit}
	conn, response, err := dialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(h.url, "http")+"/graphql", header)
	if err != nil {
		return nil, response, err
	}
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(waitLimit)))
	return &socket{conn}, response, nil
}

// connect opens a socket and introduces itself.
func (h *house) connect(t *testing.T, token string) *socket {
	t.Helper()
	s, _, err := h.dial(t, nil)
	require.NoError(t, err)
	payload := "{}"
	if token != "" {
		payload = `{"Authorization":"Bearer ` + token + `"}`
	}
	s.send(t, frame{Type: "connection_init", Payload: json.RawMessage(payload)})
	require.Equal(t, "connection_ack", s.next(t).Type)
	return s
}

// ReadJSON waits for a message as long as for anything, however long the test has gone on.
func (s *socket) ReadJSON(into any) error {
	if err := s.SetReadDeadline(time.Now().Add(waitLimit)); err != nil {
		return err
	}
	return s.Conn.ReadJSON(into)
}

func (s *socket) send(t *testing.T, f frame) {
	t.Helper()
	require.NoError(t, s.WriteJSON(f))
}

func (s *socket) subscribe(t *testing.T, id, query string, variables vars) {
	t.Helper()
	payload, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	require.NoError(t, err)
	s.send(t, frame{ID: id, Type: "subscribe", Payload: payload})
}

// next is the next frame that is no ping.
func (s *socket) next(t *testing.T) frame {
	t.Helper()
	for {
		var f frame
		require.NoError(t, s.ReadJSON(&f))
		if f.Type != "ping" {
			return f
		}
		s.send(t, frame{Type: "pong"})
	}
}

// event is the data of the next frame, which has to be a next.
func (s *socket) event(t *testing.T) map[string]any {
	t.Helper()
	f := s.next(t)
	require.Equal(t, "next", f.Type, "%s", f.Payload)
	var got answer
	require.NoError(t, json.Unmarshal(f.Payload, &got))
	require.Empty(t, got.Errors)
	return got.Data
}

// until reads events until one is as it should be.
func (s *socket) until(t *testing.T, what string, ok func(map[string]any) bool) map[string]any {
	t.Helper()
	for {
		if got := s.event(t)[what].(map[string]any); ok(got) {
			return got
		}
	}
}
