package transport

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"stampede/graph"
	"stampede/model"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// limit is how long a test waits for what has to come.
const limit = 10 * time.Second

// shop is a Handler on a feed by hand, and whoever dials it.
type shop struct {
	*Handler
	feed *feed
	url  string
	dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// open serves on a network of TCP, or on one of pipes: these live in a bubble of synctest too. change may be nil.
func open(t *testing.T, listener net.Listener, change func(*Options, *graph.Resolver)) *shop {
	t.Helper()
	s := &shop{feed: newFeed(), url: "ws://shop/graphql"}
	options := Options{
		Feed: s.feed, Log: slog.New(slog.DiscardHandler),
		Authenticate: func(ctx context.Context, authorization string) (context.Context, time.Time, error) {
			name := strings.TrimPrefix(authorization, "Bearer ")
			viewer := &graph.Viewer{ID: name, Scopes: []graph.Scope{graph.ScopeShopper}}
			return graph.WithViewer(ctx, viewer), time.Now().Add(time.Hour), nil
		},
	}
	resolver := &graph.Resolver{Feed: s.feed, Log: options.Log}
	if change != nil {
		change(&options, resolver)
	}
	s.Handler = New(resolver, options)
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{Handler: s, ReadHeaderTimeout: limit, Protocols: &protocols}
	s.dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
		var dialer net.Dialer
		return dialer.DialContext(ctx, "tcp", listener.Addr().String())
	}
	if p, ok := listener.(*pipes); ok {
		s.dial = p.dial
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), limit)
		defer cancel()
		assert.NoError(t, s.Close(ctx))
		assert.NoError(t, server.Close())
		assert.ErrorIs(t, <-served, http.ErrServerClosed)
	})
	return s
}

func tcp(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return listener
}

// narrow is a listener whose connections the kernel buffers little for.
type narrow struct{ net.Listener }

func (l narrow) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return conn, conn.(*net.TCPConn).SetWriteBuffer(32768)
}

// pipes is a listener on a network that buffers nothing at all: who writes waits until somebody reads.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	close sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.conns <- there:
		return here, nil
	case <-p.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.close.Do(func() { close(p.done) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes", Net: "pipe"} }

// client is a websocket that speaks graphql-transport-ws.
type client struct{ *websocket.Conn }

// visit opens a socket.
func (s *shop) visit(t *testing.T) *client {
	t.Helper()
	dialer := websocket.Dialer{NetDialContext: s.dial, Subprotocols: []string{subprotocol}, HandshakeTimeout: limit}
	ws, _, err := dialer.DialContext(t.Context(), s.url, nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = ws.Close() })
	return &client{ws}
}

// enter opens a socket and introduces itself; name is empty for an anonymous client.
func (s *shop) enter(t *testing.T, name string) *client {
	t.Helper()
	c := s.visit(t)
	payload := `{}`
	if name != "" {
		payload = `{"Authorization":"Bearer ` + name + `"}`
	}
	c.say(t, `{"type":"connection_init","payload":`+payload+`}`)
	require.Equal(t, message{Type: "connection_ack"}, c.next(t))
	return c
}

func (c *client) say(t *testing.T, text string) {
	t.Helper()
	require.NoError(t, c.WriteMessage(websocket.TextMessage, []byte(text)))
}

func (c *client) subscribe(t *testing.T, id, query string, variables map[string]any) {
	t.Helper()
	payload, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	require.NoError(t, err)
	require.NoError(t, c.WriteJSON(message{ID: id, Type: "subscribe", Payload: payload}))
}

// read is the next message, or how the connection ended.
func (c *client) read() (m message, err error) {
	if err := c.SetReadDeadline(time.Now().Add(limit)); err != nil {
		return m, err
	}
	return m, c.ReadJSON(&m)
}

func (c *client) next(t *testing.T) message {
	t.Helper()
	m, err := c.read()
	require.NoError(t, err)
	return m
}

// event is the sale in the next message, which has to be one for id.
func (c *client) event(t *testing.T, id string) map[string]any {
	t.Helper()
	m := c.next(t)
	require.Equal(t, "next", m.Type, "%s", m.Payload)
	require.Equal(t, id, m.ID)
	var answer struct {
		Data   struct{ StockChanged map[string]any }
		Errors []any
	}
	require.NoError(t, json.Unmarshal(m.Payload, &answer))
	require.Empty(t, answer.Errors)
	return answer.Data.StockChanged
}

// alive says that the connection still answers, and that nothing else was on its way.
func (c *client) alive(t *testing.T) {
	t.Helper()
	c.say(t, `{"type":"ping","payload":{"still":"there"}}`)
	m := c.next(t)
	assert.Equal(t, "pong", m.Type, "%s", m.Payload)
	assert.JSONEq(t, `{"still":"there"}`, string(m.Payload))
}

// closed reads the end of the connection, which has to come next.
func (c *client) closed(t *testing.T) *websocket.CloseError {
	t.Helper()
	m, err := c.read()
	require.Error(t, err, "not the end, but %+v", m)
	end, closed := errors.AsType[*websocket.CloseError](err)
	require.True(t, closed, "%v", err)
	return end
}

// feed is the live state of sales, as a test publishes it. Its clock is read at each look.
type feed struct {
	mu      sync.Mutex // guards what follows
	sales   map[model.SaleID]model.Sale
	current model.SaleID
	changed chan struct{}
	away    bool // what is known is too old to be shown
	begun   int  // watches
	open    int  // of them
}

// newFeed has two sales; the first one is the current one.
func newFeed() *feed {
	f := &feed{changed: make(chan struct{}), sales: map[model.SaleID]model.Sale{}, current: 1}
	for id := model.SaleID(1); id <= 2; id++ {
		f.sales[id] = model.Sale{ID: id, Version: 1, Stock: 1_000_000, StartsAt: time.Now().Add(-time.Minute)}
	}
	return f
}

// sell sells one unit of a sale.
func (f *feed) sell(id model.SaleID) { f.change(id, func(sale *model.Sale) { sale.Sold++ }) }

func (f *feed) change(id model.SaleID, change func(*model.Sale)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	sale := f.sales[id]
	change(&sale)
	sale.Version++
	f.sales[id] = sale
	close(f.changed)
	f.changed = make(chan struct{})
}

// watches are how many have been begun, and how many of them have not ended.
func (f *feed) watches() (begun, open int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.begun, f.open
}

func (f *feed) look(id model.SaleID) (model.State, bool, <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if id == 0 {
		id = f.current
	}
	sale, found := f.sales[id]
	return model.State{Sale: sale, At: time.Now()}, found, f.changed
}

func (f *feed) Latest(id model.SaleID) (model.State, bool, error) {
	state, found, _ := f.look(id)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.away {
		return model.State{}, false, &model.Error{Code: model.CodeUnavailable, Message: "Not just now."}
	}
	return state, found, nil
}

func (f *feed) Current() (model.State, bool, error) { return f.Latest(0) }

func (f *feed) All() (iter.Seq[model.State], error) { return nil, errors.New("nobody asks") }

func (f *feed) Watch(ctx context.Context, id model.SaleID) <-chan model.State {
	f.mu.Lock()
	f.begun++
	f.open++
	f.mu.Unlock()
	states := make(chan model.State)
	go func() {
		defer func() {
			f.mu.Lock()
			f.open--
			f.mu.Unlock()
			close(states)
		}()
		var seen int64
		for {
			state, _, changed := f.look(id)
			send := states
			if state.Revision() <= seen {
				send = nil
			}
			select {
			case send <- state:
				seen = state.Revision()
			case <-changed:
			case <-ctx.Done():
				return
			}
		}
	}()
	return states
}
