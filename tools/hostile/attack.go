package main

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// attack sends one input after the other, all kinds in turn.
type attack struct {
	s      *server
	inputs []input
	hello  []byte // opens a websocket
	next   atomic.Int64
	sent   atomic.Int64

	mu    sync.Mutex // guards what follows
	first error      // the first answer that was not as it should be
}

func newAttack(s *server, saleID string) *attack {
	return &attack{s: s, inputs: inputs(s, saleID), hello: handshake(s.addr, ourProtocol)}
}

func (a *attack) wrong() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.first
}

// call sends an input each period until ctx ends, and catches up when an answer took longer.
func (a *attack) call(ctx context.Context, period time.Duration) {
	var e *exchange
	defer func() { e.end() }()
	for due := time.Now(); ctx.Err() == nil; due = due.Add(period) {
		pause(ctx, time.Until(due))
		n := a.next.Add(1)
		in := a.inputs[n%int64(len(a.inputs))]
		var err error
		if in.socket {
			err = a.visit(ctx, in)
		} else {
			e, err = a.send(ctx, e, in, n)
		}
		a.sent.Add(1)
		if err != nil && ctx.Err() == nil {
			a.mu.Lock()
			if a.first == nil {
				a.first = fmt.Errorf("%s: %w", in.name, err)
			}
			a.mu.Unlock()
			return
		}
	}
}

// send sends a request over a connection that is kept for as long as the server keeps it.
func (a *attack) send(ctx context.Context, e *exchange, in input, n int64) (*exchange, error) {
	if e == nil || e.last {
		e.end()
		var err error
		if e, err = connect(ctx, a.s.addr); err != nil {
			return nil, err
		}
	}
	raw := in.raw
	if raw == nil { // a document that no cache knows
		body := `{"query":"query Q` + strconv.FormatInt(n, 10) + `{viewer{id}}"}`
		raw = maker{s: a.s}.post("", body)
	}
	status, body, err := e.ask(raw)
	if err != nil {
		return e, err
	}
	if status != in.status || !bytes.Contains(body, []byte(in.answer)) {
		return e, fmt.Errorf("answered %d %s", status, body)
	}
	return e, nil
}
