package transport

import (
	"bufio"
	"context"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/gorilla/websocket"

	"stampede/graph"
)

// websockets is the transport for graphql-transport-ws: a graphql.Transport on gorilla/websocket. It serves
// subscriptions, queries and mutations; see docs/adr/0008 for why it is not gqlgen's own.
type websockets struct {
	options Options
	groups  *groups
	once    sync.Once // the first connection brings the executor
	exec    graphql.GraphExecutor

	mu       sync.Mutex // guards what follows
	conns    map[*conn]struct{}
	streams  map[*stream]struct{}
	open     int            // connections of both kinds
	from     map[string]int // of them, by the client's network
	draining bool
	served   sync.WaitGroup // one for each connection, and the one who looks after them
	stop     chan struct{}
}

func newWebsockets(o Options) *websockets {
	h := &websockets{
		options: o, groups: newGroups(o),
		conns: map[*conn]struct{}{}, streams: map[*stream]struct{}{}, from: map[string]int{}, stop: make(chan struct{}),
	}
	h.served.Go(h.lookAfter)
	return h
}

// Supports says whether a request asks for a websocket.
func (h *websockets) Supports(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

// Do opens a websocket, or refuses it before the upgrade: foreign origins, other protocols, too many. It returns at
// once: what net/http has allocated for the request is not kept for as long as the connection lives.
func (h *websockets) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	if origin := r.Header.Get("Origin"); origin != "" && !h.options.Allowed(r, origin) {
		Refuse(w, http.StatusForbidden, "FORBIDDEN", "Websockets are not open to this origin.")
		return
	}
	if r.Method != http.MethodGet || !websocket.IsWebSocketUpgrade(r) ||
		!slices.Contains(websocket.Subprotocols(r), subprotocol) {
		Refuse(w, http.StatusBadRequest, "BAD_REQUEST", "Open a websocket with the subprotocol graphql-transport-ws.")
		return
	}
	from, reserved := h.reserve(w, r, exec)
	if !reserved {
		return
	}
	upgrader := websocket.Upgrader{
		ReadBufferSize:  readBuffer,
		WriteBufferPool: &writeBuffers, // it writes nothing but the handshake
		WriteBufferSize: readBuffer,
		Subprotocols:    []string{subprotocol},
		CheckOrigin:     func(*http.Request) bool { return true }, // checked above
		Error: func(w http.ResponseWriter, _ *http.Request, status int, _ error) { // what is left: its version, its key
			Refuse(w, status, codeBadRequest, "The handshake is not that of a websocket, version 13.")
		},
	}
	hijacker := &hijacker{ResponseWriter: w}
	ws, err := upgrader.Upgrade(hijacker, r, nil)
	if err != nil { // it has answered
		h.release(from)
		h.served.Done()
		return
	}
	hijacker.conn.upgraded = true
	c := &conn{h: h, ws: ws, out: newOutlet(hijacker.conn.Conn), from: from}
	c.as = graph.WithAddress(graph.WithRequestID(context.Background(), graph.RequestIDFrom(r.Context())), from)
	c.hear()
	h.add(c)
	go c.run()
}

// hijacker takes a connection over from net/http, for gorilla to read it.
type hijacker struct {
	http.ResponseWriter
	conn *readSide
}

func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(h.ResponseWriter).Hijack()
	h.conn = &readSide{Conn: conn}
	return h.conn, buffered, err
}

// readSide is a connection that gorilla writes nothing to after the handshake: what it says of broken framing would go
// past the outlet, into the middle of a frame or with states still following.
type readSide struct {
	net.Conn
	upgraded bool
}

func (c *readSide) Write(b []byte) (int, error) {
	if c.upgraded {
		return len(b), nil
	}
	return c.Conn.Write(b)
}

// readBuffer is as much as a pong or a subscription of the page takes, in bytes: each connection holds one.
const readBuffer = 256

var writeBuffers sync.Pool

// reserve counts a connection in, or refuses it. Who asks for the first one brings the executor.
func (h *websockets) reserve(
	w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor,
) (from string, ok bool) {
	from, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		from = r.RemoteAddr
	}
	h.once.Do(func() { h.exec, h.groups.exec = exec, exec })
	if status, code, message := h.count(from); status != 0 {
		w.Header().Set("Retry-After", "1")
		Refuse(w, status, code, message)
		return from, false
	}
	return from, true
}

// count counts a connection in, or says why not.
func (h *websockets) count(from string) (status int, code, message string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.draining:
		return http.StatusServiceUnavailable, "UNAVAILABLE", "The server is about to stop."
	case h.open >= h.options.maxSockets():
		return http.StatusServiceUnavailable, "UNAVAILABLE", "This server holds as many connections as it can."
	case h.from[networkOf(from)] >= h.options.maxSocketsFrom(from):
		return http.StatusTooManyRequests, "RATE_LIMITED", "Too many connections are open from this address."
	}
	h.open++
	h.from[networkOf(from)]++
	h.served.Add(1)
	return 0, "", ""
}

func (h *websockets) release(from string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open--
	drop(h.from, networkOf(from))
}

func (h *websockets) add(c *conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.conns[c] = struct{}{}
	if h.draining {
		go c.close(closeRestart, restarting)
	}
}

func (h *websockets) gone(c *conn) {
	h.release(c.from)
	h.mu.Lock()
	delete(h.conns, c)
	h.mu.Unlock()
	h.served.Done()
}

const restarting = "the server restarts"

// all is a copy of the connections that are open.
func (h *websockets) all() []*conn {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := make([]*conn, 0, len(h.conns))
	return slices.AppendSeq(all, maps.Keys(h.conns))
}

// lookAfter pings every connection now and then, and ends those that have been silent for too long.
func (h *websockets) lookAfter() {
	ticker := time.NewTicker(pingEvery)
	defer ticker.Stop()
	ping := frameOf(websocket.PingMessage, nil)
	for {
		select {
		case <-ticker.C:
		case <-h.stop:
			return
		}
		all := h.all()
		for i, c := range all {
			if c.silence() > silentFor {
				c.abort()
			} else {
				c.out.sendFrame(ping, false) // one that takes no ping falls silent
			}
			if i%pingBatch == pingBatch-1 {
				select { // spread over a part of the interval
				case <-time.After(pingEvery / 2 / time.Duration(1+len(all)/pingBatch)):
				case <-h.stop:
					return
				}
			}
		}
	}
}

// pingBatch connections are pinged in one go.
const pingBatch = 256

// endings are what ends each connection of those that are open.
func (h *websockets) endings() []func() {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := make([]func(), 0, h.open)
	for c := range h.conns {
		all = append(all, c.drain)
	}
	for s := range h.streams {
		all = append(all, s.stop)
	}
	return all
}

// drain closes every connection with 1012, spread over d so that they do not all come back at once, and waits for
// their ends until ctx ends. What was asked before is answered first.
func (h *websockets) drain(ctx context.Context, d time.Duration) error {
	h.mu.Lock()
	first := !h.draining
	h.draining = true
	h.mu.Unlock()
	if first {
		close(h.stop)
		all := h.endings()
		for i, end := range all {
			if i > 0 && i%(1+len(all)/drainSteps) == 0 {
				select {
				case <-time.After(d / drainSteps):
				case <-ctx.Done():
				}
			}
			end()
		}
	}
	ended := make(chan struct{})
	go func() {
		h.served.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		for _, c := range h.all() {
			c.close(closeRestart, restarting)
			c.abort()
		}
		return ctx.Err()
	}
}

// drainSteps is how many groups the connections are closed in.
const drainSteps = 50
