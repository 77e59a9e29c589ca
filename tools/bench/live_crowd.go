package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// crowd is the subscribers of one load process: see liveCommand for what it does when it is told.
type crowd struct {
	watchers []*watcher
}

// watching is what every subscriber asks for: the page's own subscription.
const watching = `subscription StockChanged { stockChanged { ...SaleLive __typename } } ` +
	`fragment SaleLive on Sale { id phase stock sold remaining revision startsAt endsAt serverTime __typename }`

const (
	openAtOnce  = 64               // subscribers that introduce themselves at the same time
	openWithin  = 20 * time.Second // one of them
	liveWithin  = 15 * time.Minute // any connection: no measurement takes so long
	watcherRoom = 1024             // bytes; a state is about 300
)

// watcher is one subscriber. Its goroutine reads, notes what it has seen and when, and answers pings.
type watcher struct {
	conn net.Conn
	buf  []byte
	have int // bytes of buf that are not looked at yet

	mu        sync.Mutex // guards what follows
	receipts  []receipt
	last      int64 // the greatest revision seen
	sold      int64 // with it
	backwards int   // how often a revision was lower than one before
	ended     string
	deaf      atomic.Bool // it reads no more
}

// receipt is a state that came.
type receipt struct {
	sold int64
	at   int64 // Unix nanoseconds
}

// open brings n more subscribers to addr, each with its first state.
func (c *crowd) open(ctx context.Context, addr string, n int) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	made := make([]*watcher, n)
	var next atomic.Int64
	var opening sync.WaitGroup
	for range openAtOnce {
		opening.Go(func() {
			for i := next.Add(1) - 1; i < int64(n) && ctx.Err() == nil; i = next.Add(1) - 1 {
				w, err := enter(ctx, addr)
				if err != nil {
					fail(fmt.Errorf("subscriber %d: %w", i, err))
					return
				}
				made[i] = w
			}
		})
	}
	opening.Wait()
	for _, w := range made {
		if w != nil {
			c.watchers = append(c.watchers, w)
			go w.watch() // until its connection ends, with the process at the latest
		}
	}
	return context.Cause(ctx)
}

func (c *crowd) close() {
	for _, w := range c.watchers {
		_ = w.conn.Close()
	}
	c.watchers = nil
}

// forget starts the notes anew; what has been seen stays known.
func (c *crowd) forget() {
	for _, w := range c.watchers {
		w.mu.Lock()
		w.receipts = w.receipts[:0]
		w.mu.Unlock()
	}
}

// enter opens a websocket, introduces itself, subscribes and waits for the first state.
func enter(ctx context.Context, addr string) (*watcher, error) {
	ctx, cancel := context.WithTimeout(ctx, openWithin)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	w := &watcher{conn: conn, buf: make([]byte, watcherRoom)}
	if err := w.introduce(addr); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return w, conn.SetDeadline(time.Now().Add(liveWithin))
}

func (w *watcher) introduce(addr string) error {
	if err := w.conn.SetDeadline(time.Now().Add(openWithin)); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w.conn, "GET /graphql HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: c3RhbXBlZGUgaXMgYSBoZQ==\r\n"+
		"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n", addr)
	if err != nil {
		return err
	}
	for !bytes.Contains(w.buf[:w.have], []byte("\r\n\r\n")) {
		if err := w.fill(); err != nil {
			return err
		}
	}
	if !bytes.HasPrefix(w.buf, []byte("HTTP/1.1 101 ")) {
		return fmt.Errorf("refused: %.40q", w.buf[:w.have])
	}
	w.drop(bytes.Index(w.buf, []byte("\r\n\r\n")) + 4)
	if err := w.say(textOpcode, []byte(`{"type":"connection_init"}`)); err != nil {
		return err
	}
	if err := w.await(`"connection_ack"`); err != nil {
		return err
	}
	err = w.say(textOpcode, fmt.Appendf(nil, `{"id":"1","type":"subscribe","payload":{"query":%q}}`, watching))
	if err != nil {
		return err
	}
	return w.await(`"next"`)
}

// await reads one text frame, which has to hold a word.
func (w *watcher) await(word string) error {
	for {
		opcode, payload, err := w.frame()
		if err != nil {
			return err
		}
		if opcode != textOpcode {
			err = w.answer(opcode, payload)
		} else if !bytes.Contains(payload, []byte(word)) {
			err = fmt.Errorf("wanted %s, got %.80q", word, payload)
		} else {
			w.note(payload, time.Now().UnixNano())
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (w *watcher) watch() {
	err := w.follow()
	w.mu.Lock()
	w.ended = err.Error()
	w.mu.Unlock()
	_ = w.conn.Close()
}

// follow takes frames until the connection ends, or as long as it is not deaf.
func (w *watcher) follow() error {
	for {
		opcode, payload, err := w.frame()
		if w.deaf.Load() {
			select {} // as long as the process: nobody reads, and nobody closes
		}
		if err != nil {
			return err
		}
		if opcode == textOpcode {
			w.note(payload, time.Now().UnixNano())
		} else if err := w.answer(opcode, payload); err != nil {
			return err
		}
	}
}

func (w *watcher) note(payload []byte, at int64) {
	revision, told := numberAfter(payload, `"revision":`)
	if !told {
		return
	}
	sold, _ := numberAfter(payload, `"sold":`)
	w.mu.Lock()
	defer w.mu.Unlock()
	if revision < w.last {
		w.backwards++
	}
	w.last, w.sold = revision, sold
	w.receipts = append(w.receipts, receipt{sold, at})
}

func numberAfter(text []byte, name string) (int64, bool) {
	at := bytes.Index(text, []byte(name))
	if at < 0 {
		return 0, false
	}
	text = text[at+len(name):]
	end := slices.IndexFunc(text, func(b byte) bool { return b < '0' || b > '9' })
	if end < 0 {
		return 0, false
	}
	n, err := strconv.ParseInt(string(text[:end]), 10, 64)
	return n, err == nil
}

const (
	textOpcode  = 1
	closeOpcode = 8
	pingOpcode  = 9
	pongOpcode  = 10
)

// answer answers a ping, and ends with a close.
func (w *watcher) answer(opcode byte, payload []byte) error {
	switch opcode {
	case pingOpcode:
		return w.say(pongOpcode, payload)
	case closeOpcode:
		code := 1005
		if len(payload) >= 2 {
			code = int(binary.BigEndian.Uint16(payload))
		}
		return fmt.Errorf("closed with %d", code)
	default:
		return nil
	}
}

// say sends a frame under the mask 0, which masks nothing.
func (w *watcher) say(opcode byte, payload []byte) error {
	frame := []byte{0x80 | opcode}
	if len(payload) < 126 {
		frame = append(frame, 0x80|byte(len(payload))) //nolint:gosec // it fits
	} else {
		frame = binary.BigEndian.AppendUint16(append(frame, 0x80|126), uint16(len(payload))) //nolint:gosec // it fits
	}
	_, err := w.conn.Write(append(append(frame, 0, 0, 0, 0), payload...))
	return err
}

// frame is the next one; its payload is good until the next call.
func (w *watcher) frame() (opcode byte, payload []byte, err error) {
	for {
		if opcode, payload, size := cut(w.buf[:w.have]); size > 0 {
			// The payload stays in place until the rest is moved over it, at the next call.
			payload = append([]byte(nil), payload...)
			w.drop(size)
			return opcode, payload, nil
		}
		if err := w.fill(); err != nil {
			return 0, nil, err
		}
	}
}

// cut is the first frame of what has come, and its size; 0 when it is not whole yet.
func cut(b []byte) (opcode byte, payload []byte, size int) {
	if len(b) < 2 {
		return 0, nil, 0
	}
	head, length := 2, int(b[1]&0x7f)
	if length == 126 {
		if len(b) < 4 {
			return 0, nil, 0
		}
		head, length = 4, int(binary.BigEndian.Uint16(b[2:]))
	}
	if length == 127 || len(b) < head+length {
		return 0, nil, 0
	}
	return b[0] & 0x0f, b[head : head+length], head + length
}

func (w *watcher) fill() error {
	if w.have == len(w.buf) {
		return io.ErrShortBuffer
	}
	n, err := w.conn.Read(w.buf[w.have:])
	w.have += n
	if n > 0 {
		return nil
	}
	return err
}

func (w *watcher) drop(n int) {
	w.have = copy(w.buf, w.buf[n:w.have])
}
