package main

import (
	"bufio"
	"bytes"
	"context"
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

// exchange is one HTTP connection that is kept.
type exchange struct {
	conn   net.Conn
	reader *bufio.Reader
	body   []byte
	last   bool // the server closes it
}

func connect(ctx context.Context, addr string) (*exchange, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return &exchange{conn: conn, reader: bufio.NewReaderSize(conn, 4096)}, nil
}

// end closes it, if there is one.
func (e *exchange) end() {
	if e != nil {
		_ = e.conn.Close()
	}
}

// ask sends a request as it is, and reads the answer.
func (e *exchange) ask(request []byte) (status int, body []byte, err error) {
	if err := e.conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return 0, nil, err
	}
	if _, err := e.conn.Write(request); err != nil {
		e.last = true // it may have answered before it had read all
	}
	line, err := e.reader.ReadSlice('\n')
	if err != nil {
		return 0, nil, err
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, nil, err
	}
	length := 0
	for {
		line, err := e.reader.ReadSlice('\n')
		if err != nil {
			return 0, nil, err
		}
		if len(line) <= 2 {
			break
		}
		if value, found := bytes.CutPrefix(line, []byte("Content-Length: ")); found {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return 0, nil, err
			}
		}
		e.last = e.last || bytes.HasPrefix(line, []byte("Connection: close"))
	}
	e.body = slices.Grow(e.body[:0], length)[:length]
	_, err = io.ReadFull(e.reader, e.body)
	return status, e.body, err
}

// crowd buys: every connection one unit after the other, each for another shopper.
type crowd struct {
	s       *server
	head    string
	tail    string
	buyers  []*exchange
	shopper atomic.Int64
	exp     int64
	mu      sync.Mutex // guards failed
	failed  error
}

func openCrowd(ctx context.Context, s *server, saleID string, n int) (*crowd, error) {
	body := fmt.Sprintf(`{"query":"mutation($i:PurchaseInput!){purchase(input:$i){__typename ...on PurchaseSuccess`+
		`{purchase{id ordinal}}...on PurchaseError{code}}}","variables":{"i":{"saleId":%q,"idempotencyKey":"k"}}}`, saleID)
	c := &crowd{s: s, exp: time.Now().Add(time.Hour).Unix(), tail: "\r\n\r\n" + body, head: fmt.Sprintf(
		"POST /graphql HTTP/1.1\r\nHost: %s\r\n%sContent-Length: %d\r\nAuthorization: Bearer ",
		s.addr, jsonKind, len(body))}
	for range n {
		e, err := connect(ctx, s.addr)
		if err != nil {
			return nil, errors.Join(err, c.err())
		}
		c.buyers = append(c.buyers, e)
	}
	return c, nil
}

func (c *crowd) close() {
	for _, e := range c.buyers {
		e.end()
	}
}

func (c *crowd) err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failed
}

// rate buys for d, and returns how many a second were bought.
func (c *crowd) rate(ctx context.Context, d time.Duration) (float64, error) {
	var bought atomic.Int64
	var running sync.WaitGroup
	start := time.Now()
	for _, e := range c.buyers {
		running.Go(func() {
			for time.Since(start) < d && ctx.Err() == nil {
				if err := c.buy(e); err != nil {
					c.mu.Lock()
					c.failed = err
					c.mu.Unlock()
					return
				}
				bought.Add(1)
			}
		})
	}
	running.Wait()
	return float64(bought.Load()) / time.Since(start).Seconds(), errors.Join(c.err(), ctx.Err())
}

func (c *crowd) buy(e *exchange) error {
	token := c.s.mint(fmt.Sprint("shopper-", c.shopper.Add(1)), "shopper", c.exp)
	status, body, err := e.ask([]byte(c.head + token + c.tail))
	if err != nil {
		return err
	}
	if !bytes.Contains(body, []byte(`"PurchaseSuccess"`)) {
		return fmt.Errorf("a purchase was answered %d %s", status, body)
	}
	return nil
}
