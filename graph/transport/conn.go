package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/gorilla/websocket"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"stampede/graph"
)

const (
	subprotocol = "graphql-transport-ws"
	textFrame   = websocket.TextMessage

	// initTimeout is how long a client may take to introduce itself.
	initTimeout = 5 * time.Second
	// pingEvery and silentFor: whoever is silent for so long is looked after, and closed within 15 s.
	pingEvery = 5 * time.Second
	silentFor = 11 * time.Second
	// lastWords is how long a client has to answer a close.
	lastWords = 500 * time.Millisecond

	maxSubscriptions = 5
	maxOperations    = 16 // under way on one connection, subscriptions among them
)

// Codes of graphql-transport-ws, and of RFC 6455.
const (
	closeBadRequest    = 4400
	closeUnauthorized  = 4401
	closeForbidden     = 4403
	closeInitTimeout   = 4408
	closeDuplicate     = 4409
	closeTooManyInits  = 4429
	closeRestart       = websocket.CloseServiceRestart
	closeTooSlow       = websocket.CloseTryAgainLater
	closeInternalError = 4500
)

// conn is one websocket. One goroutine reads it; whoever has something to send writes (see outlet).
type conn struct {
	h       *websockets
	ws      *websocket.Conn
	out     *outlet
	ctx     context.Context // ends with the connection
	cancel  context.CancelFunc
	from    string       // the client's address
	heard   atomic.Int64 // when something last came, in Unix nanoseconds
	closing atomic.Bool  // what still comes is not looked at

	mu      sync.Mutex      // guards what follows
	as      context.Context // ctx, with the viewer
	timer   *time.Timer     // until the introduction, then until the token runs out
	ready   bool
	running []*operation
}

// operation is one that is under way.
type operation struct {
	id     string
	cancel context.CancelFunc
	live   bool // a subscription
	ended  bool // the client wants no more of it
	leave  func()
	sub    *subscription
}

// message is what both sides send.
type message struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// run reads until the connection ends, and leaves nothing behind.
func (c *conn) run() {
	defer c.h.gone(c)
	c.mu.Lock()
	c.timer = time.AfterFunc(initTimeout, func() { c.close(closeInitTimeout, "Connection initialisation timeout") })
	c.mu.Unlock()
	c.ws.SetReadLimit(maxBody)
	c.ws.SetPongHandler(func(string) error { c.hear(); return nil })
	c.ws.SetPingHandler(func(data string) error {
		c.hear()
		c.frame(websocket.PongMessage, []byte(data))
		return nil
	})
	c.ws.SetCloseHandler(func(code int, _ string) error {
		if code == websocket.CloseNoStatusReceived {
			code = websocket.CloseNormalClosure
		}
		c.out.sendFrame(closeFrame(code, ""), true)
		return nil
	})
	err := c.read()
	for err == nil {
		err = c.read()
	}
	c.cancel()
	c.linger(err)
	c.mu.Lock()
	c.timer.Stop()
	running := slices.Clone(c.running)
	c.mu.Unlock()
	for _, op := range running {
		c.end(op)
	}
	_ = c.ws.Close()
}

func (c *conn) hear() { c.heard.Store(time.Now().UnixNano()) }

// read takes one message; an error when there will be no more.
func (c *conn) read() error {
	kind, reader, err := c.ws.NextReader()
	if err != nil {
		return err
	}
	c.hear()
	buffer := bodies.Get().(*bytes.Buffer) //nolint:errcheck // it holds nothing else
	defer bodies.Put(buffer)
	buffer.Reset()
	if _, err := buffer.ReadFrom(reader); err != nil {
		return err
	}
	if c.closing.Load() {
		return nil // until the client answers the close, or its time is over
	}
	var m message
	if kind != textFrame || json.Unmarshal(buffer.Bytes(), &m) != nil {
		c.close(closeBadRequest, "Invalid message received")
		return nil
	}
	c.take(m)
	return nil
}

// linger reads what the client still sends, for a moment, after it broke the protocol: if it were left unread, the end
// of the connection would overtake the close frame that says why.
func (c *conn) linger(err error) {
	_, closed := errors.AsType[*websocket.CloseError](err)
	_, network := errors.AsType[net.Error](err)
	if closed || network {
		return
	}
	_ = c.ws.NetConn().SetReadDeadline(time.Now().Add(lastWords))
	_, _ = io.CopyN(io.Discard, c.ws.NetConn(), maxLingered)
}

// maxLingered is how much of it is read, in bytes.
const maxLingered = 1 << 20

func (c *conn) take(m message) {
	switch m.Type {
	case "connection_init":
		c.introduce(m.Payload)
	case "ping":
		c.send(message{Type: "pong", Payload: m.Payload})
	case "pong":
	case "subscribe":
		c.subscribe(m)
	case "complete":
		c.complete(m.ID)
	default:
		c.close(closeBadRequest, "Invalid message received")
	}
}

// introduce takes connection_init: who is it?
func (c *conn) introduce(payload json.RawMessage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ready {
		c.close(closeTooManyInits, "Too many initialisation requests")
		return
	}
	var who struct{ Authorization string }
	if len(payload) > 0 && json.Unmarshal(payload, &who) != nil {
		c.close(closeBadRequest, "Invalid message received")
		return
	}
	if who.Authorization != "" {
		as, until, err := c.h.options.Authenticate(c.ctx, who.Authorization)
		if err != nil {
			c.close(closeForbidden, "Forbidden")
			return
		}
		c.as = as
		c.timer.Stop()
		c.timer = time.AfterFunc(time.Until(until), func() { c.close(closeForbidden, "token expired") })
	} else {
		c.timer.Stop()
	}
	c.ready = true
	c.send(message{Type: "connection_ack"})
}

// subscribe begins an operation on a goroutine of its own, which ends when a subscription has found its group: the
// reader's stack stays small.
func (c *conn) subscribe(m message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !c.ready:
		c.close(closeUnauthorized, "Unauthorized")
	case m.ID == "" || len(m.ID) > maxID:
		c.close(closeBadRequest, "Invalid message received")
	case slices.ContainsFunc(c.running, func(op *operation) bool { return op.id == m.ID }):
		c.close(closeDuplicate, "Subscriber for this id already exists")
	case len(c.running) >= maxOperations:
		c.refuse(m.ID, gqlerror.List{tooMany()})
	default:
		ctx, cancel := context.WithCancel(c.as)
		op := &operation{id: m.ID, cancel: cancel}
		c.running = append(c.running, op)
		payload := slices.Clone(m.Payload)
		go c.execute(ctx, op, payload)
	}
}

// maxID is as long as an id may be that a client gives an operation.
const maxID = 128

func tooMany() *gqlerror.Error {
	return &gqlerror.Error{
		Message:    "Too many operations are under way on this connection.",
		Extensions: map[string]any{"code": "TOO_MANY_SUBSCRIPTIONS"},
	}
}

// execute answers an operation.
func (c *conn) execute(ctx context.Context, op *operation, payload json.RawMessage) {
	defer func() {
		if cause := recover(); cause != nil { // resolvers have a net of their own
			c.h.options.Log.ErrorContext(ctx, "an operation panicked", "cause", cause, "stack", string(debug.Stack()))
			c.finish(op, func() { c.close(closeInternalError, "Internal error") })
		}
	}()
	ctx = graphql.StartOperationTrace(ctx)
	var params graphql.RawParams
	if err := json.Unmarshal(payload, &params); err != nil || params.Query == "" {
		c.finish(op, func() { c.close(closeBadRequest, "Invalid message received") })
		return
	}
	params.ReadTime = graphql.TraceTiming{Start: graphql.Now(), End: graphql.Now()}
	asked, errs := c.h.exec.CreateOperationContext(ctx, &params)
	if errs != nil {
		presented := c.h.exec.DispatchError(graphql.WithOperationContext(ctx, asked), errs).Errors
		c.finish(op, func() { c.refuse(op.id, presented) })
		return
	}
	if asked.Operation.Operation == ast.Subscription {
		live, follows := graph.LiveOf(ctx, asked)
		if !c.admit(op) {
			c.finish(op, func() { c.refuse(op.id, gqlerror.List{tooMany()}) })
			return
		}
		if follows && c.h.known(live) {
			c.follow(ctx, op, asked, live)
			return
		}
	}
	next, ctx := c.h.exec.DispatchOperation(ctx, asked)
	for response := next(ctx); response != nil; response = next(ctx) {
		answer := encode(response)
		c.whileWanted(op, func() { c.send(message{ID: op.id, Type: "next", Payload: answer}) })
		if asked.Operation.Operation != ast.Subscription {
			break
		}
	}
	c.finish(op, func() { c.send(message{ID: op.id, Type: "complete"}) })
}

// known says whether there is something to follow; when there is not, the resolver says why.
func (h *websockets) known(live graph.Live) bool {
	if live.SaleID == 0 {
		_, _, err := h.options.Feed.Current()
		return err == nil
	}
	_, found, err := h.options.Feed.Latest(live.SaleID)
	return err == nil && found
}

// admit counts a subscription in, when there is room for one more.
func (c *conn) admit(op *operation) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	op.live = true
	n := 0
	for _, other := range c.running {
		if other.live {
			n++
		}
	}
	return n <= maxSubscriptions
}

// follow makes a subscription a member of its group, until the client or the connection ends it.
func (c *conn) follow(ctx context.Context, op *operation, asked *graphql.OperationContext, live graph.Live) {
	id, err := json.Marshal(op.id)
	if err != nil {
		c.finish(op, func() { c.close(closeInternalError, "Internal error") })
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if op.ended {
		return
	}
	op.sub = &subscription{conn: c, head: slices.Concat([]byte(`{"id":`), id, []byte(`,"type":"next","payload":`))}
	op.leave = c.h.groups.join(ctx, op.sub, asked, live)
}

// complete is the client's: it wants no more of an operation.
func (c *conn) complete(id string) {
	c.mu.Lock()
	i := slices.IndexFunc(c.running, func(op *operation) bool { return op.id == id })
	var op *operation
	if i >= 0 {
		op = c.running[i]
	}
	c.mu.Unlock()
	if op != nil {
		c.end(op)
	}
}

// whileWanted does something for an operation that the client has not ended.
func (c *conn) whileWanted(op *operation, do func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !op.ended {
		do()
	}
}

// finish ends an operation from this side, with a last word.
func (c *conn) finish(op *operation, lastWord func()) {
	c.whileWanted(op, lastWord)
	c.end(op)
}

// end forgets an operation. Ending twice is fine.
func (c *conn) end(op *operation) {
	op.cancel()
	c.mu.Lock()
	op.ended = true
	leave, sub := op.leave, op.sub
	op.leave = nil
	c.running = slices.DeleteFunc(c.running, func(other *operation) bool { return other == op })
	c.mu.Unlock()
	if sub != nil {
		c.out.stop(sub)
	}
	if leave != nil {
		leave()
	}
}

// refuse answers an operation that does not begin.
func (c *conn) refuse(id string, errs gqlerror.List) {
	payload, err := json.Marshal(errs)
	if err != nil {
		c.close(closeInternalError, "Internal error")
		return
	}
	c.send(message{ID: id, Type: "error", Payload: payload})
}

func (c *conn) send(m message) {
	text, err := json.Marshal(m)
	if err != nil {
		c.close(closeInternalError, "Internal error")
		return
	}
	c.frame(textFrame, text)
}

func (c *conn) frame(kind int, payload []byte) {
	if !c.out.sendFrame(frameOf(kind, payload), false) {
		c.close(closeTooSlow, "Too slow")
	}
}

// close tells the client why, and gives it a moment to answer; the reader then ends the connection.
func (c *conn) close(code int, reason string) {
	if !c.closing.CompareAndSwap(false, true) {
		return
	}
	if !c.out.sendFrame(closeFrame(code, reason), true) {
		c.abort()
		return
	}
	_ = c.ws.SetReadDeadline(time.Now().Add(lastWords)) // a connection that is gone ends the reader anyway
	time.AfterFunc(2*lastWords, c.abort)                // a client that takes nothing and sends much
}

// abort ends the connection without a word, within a moment.
func (c *conn) abort() {
	_ = c.ws.NetConn().SetDeadline(time.Now().Add(-time.Second))
}

func closeFrame(code int, reason string) []byte {
	return frameOf(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason))
}
