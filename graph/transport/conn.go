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

	"github.com/gorilla/websocket"
)

const (
	subprotocol = "graphql-transport-ws"
	textFrame   = websocket.TextMessage

	// initTimeout is how long a client may take to introduce itself.
	initTimeout = 5 * time.Second
	// pingEvery and silentFor: whoever is silent for so long is looked after, and closed within 15 s.
	pingEvery = 5 * time.Second
	silentFor = 9 * time.Second
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
	from    string       // the client's address
	heard   atomic.Int64 // when something last came, in nanoseconds since began
	closing atomic.Bool  // what still comes is not looked at

	mu      sync.Mutex      // guards what follows
	as      context.Context // of its operations, with the viewer; it never ends, each operation is ended by itself
	timer   *time.Timer     // until the introduction, then until the token runs out; nil when nothing runs out
	ready   bool
	restart bool // the server drains
	running []*operation
	// uncounted is closed when the operation that came last has been counted; nil: it has been.
	uncounted chan struct{}
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
	c.mu.Lock()
	c.stopTimerLocked()
	running := slices.Clone(c.running) // nothing more begins: that is the reader's to do
	c.mu.Unlock()
	for _, op := range running {
		c.end(op)
	}
	c.linger(err)
	c.out.flush(lastWords)
	_ = c.ws.Close()
}

func (c *conn) stopTimerLocked() {
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil // with all that it holds
	}
}

// began is where this process's own count of time begins. Nobody sets that: were silence counted by the wall clock, a
// step of some seconds would end every connection at once.
var began = time.Now()

func (c *conn) hear() { c.heard.Store(int64(time.Since(began))) }

// silence is how long nothing has come.
func (c *conn) silence() time.Duration { return time.Since(began) - time.Duration(c.heard.Load()) }

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
	if _, err := buffer.ReadFrom(io.LimitReader(reader, maxBody+1)); err != nil {
		return err
	}
	if c.closing.Load() {
		return nil // until the client answers the close, or its time is over
	}
	if buffer.Len() > maxBody { // gorilla would close by itself, with states still following
		c.close(websocket.CloseMessageTooBig, "Message too big")
		return nil
	}
	var m message
	if kind != textFrame || json.Unmarshal(buffer.Bytes(), &m) != nil {
		c.close(closeBadRequest, "Invalid message received")
		return nil
	}
	c.take(m)
	return nil
}

// linger tells a client that broke the framing so, and reads what it still sends, for a moment: if it were left unread,
// the end of the connection would overtake the close frame that says why.
func (c *conn) linger(err error) {
	_, closed := errors.AsType[*websocket.CloseError](err)
	_, network := errors.AsType[net.Error](err)
	if closed || network || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return
	}
	c.out.sendFrame(closeFrame(websocket.CloseProtocolError, "Protocol error"), true)
	_ = c.ws.NetConn().SetReadDeadline(time.Now().Add(lastWords))
	_, _ = io.CopyN(io.Discard, c.ws.NetConn(), maxLingered)
}

// maxLingered is how much of it is read, in bytes.
const maxLingered = 1 << 20

func (c *conn) take(m message) {
	defer func() {
		if cause := recover(); cause != nil { // the reader has no other net
			c.h.options.Log.Error("a message panicked", "cause", cause, "stack", string(debug.Stack()))
			c.close(closeInternalError, "Internal error")
		}
	}()
	switch m.Type {
	case "connection_init":
		c.introduce(m.Payload)
	case "ping":
		c.send(message{Type: "pong", Payload: m.Payload})
	case "pong":
	case "subscribe":
		c.subscribe(m)
	case "complete":
		if m.ID == "" {
			c.close(closeBadRequest, "Invalid message received")
			return
		}
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
		as, until, err := c.h.options.Authenticate(c.as, who.Authorization)
		if err != nil {
			c.close(closeForbidden, "Forbidden")
			return
		}
		c.as = as
		c.stopTimerLocked()
		c.timer = time.AfterFunc(time.Until(until), func() { c.close(closeForbidden, "token expired") })
	} else {
		c.stopTimerLocked()
	}
	c.ready = true
	c.send(message{Type: "connection_ack"})
}

// tell sends a state, or keeps the latest one for a client that is not ready.
func (c *conn) tell(s *subscription, payload, scratch []byte) []byte {
	scratch = s.frame(scratch[:0], payload)
	if !c.out.sendState(s, scratch) {
		c.abort()
	}
	return scratch
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

// drain closes the connection once the queries and mutations that are under way have been answered.
func (c *conn) drain() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.restart = true
	c.restartLocked()
}

func (c *conn) restartLocked() {
	if c.restart && !slices.ContainsFunc(c.running, func(op *operation) bool { return !op.live }) {
		c.close(closeRestart, restarting)
	}
}

// abort ends the connection without a word, within a moment.
func (c *conn) abort() {
	_ = c.ws.NetConn().SetDeadline(time.Now().Add(-time.Second))
}

func closeFrame(code int, reason string) []byte {
	return frameOf(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason))
}
