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

// load is what is sent: the same purchase, each time of the next shopper.
type load struct {
	addr   string
	sends  string // the body of the request
	want   string // in the answer
	tokens []string
	next   atomic.Int64
}

const purchaseQuery = `mutation($i:PurchaseInput!){purchase(input:$i){__typename ` +
	`...on PurchaseSuccess{replayed purchase{id ordinal}}...on PurchaseError{code retryable}}}`

func newLoad(addr string, saleID int64, want string, tokens []string) *load {
	return &load{addr: addr, want: want, tokens: tokens, sends: fmt.Sprintf(
		`{"query":%q,"variables":{"i":{"saleId":"sale_%d","idempotencyKey":"one-and-only"}}}`, purchaseQuery, saleID)}
}

// run sends over so many connections for d: as fast as answers come when rate is 0, else at that rate in all, by a
// schedule that does not wait for answers. Latencies count from the moment when a request was due.
func (l *load) run(
	ctx context.Context, connections int, d time.Duration, rate float64,
) (float64, []time.Duration, error) {
	clients := make([]*client, connections)
	for i := range clients {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", l.addr)
		if err != nil {
			return 0, nil, err
		}
		defer func() { _ = conn.Close() }()
		if err := conn.SetDeadline(time.Now().Add(d + 30*time.Second)); err != nil {
			return 0, nil, err
		}
		clients[i] = &client{load: l, conn: conn, reader: bufio.NewReaderSize(conn, 2048)}
	}
	var running sync.WaitGroup
	start := time.Now().Add(10 * time.Millisecond)
	for i, c := range clients {
		running.Go(func() { c.err = c.send(ctx, start, d, i, connections, rate) })
	}
	running.Wait()
	took := time.Since(start)
	var all []time.Duration
	var err error
	for _, c := range clients {
		all = append(all, c.latencies...)
		err = errors.Join(err, c.err)
	}
	slices.Sort(all)
	return float64(len(all)) / took.Seconds(), all, err
}

// client is one connection.
type client struct {
	*load
	conn      net.Conn
	reader    *bufio.Reader
	request   []byte
	body      []byte
	latencies []time.Duration
	err       error
}

func (c *client) send(ctx context.Context, start time.Time, d time.Duration, number, of int, rate float64) error {
	for k := 0; ctx.Err() == nil; k++ {
		due := time.Now()
		if rate > 0 {
			due = start.Add(time.Duration(float64(k*of+number) / rate * float64(time.Second)))
			wait(ctx, time.Until(due))
		}
		if due.Sub(start) >= d {
			return nil
		}
		if err := c.exchange(); err != nil {
			return err
		}
		c.latencies = append(c.latencies, time.Since(due))
	}
	return ctx.Err()
}

func (c *client) exchange() error {
	n := int(c.next.Add(1) - 1)
	if n >= len(c.tokens) {
		return errors.New("the benchmark ran out of shoppers")
	}
	c.request = fmt.Appendf(c.request[:0], "POST /graphql HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n"+
		"Accept: application/json\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s",
		c.addr, c.tokens[n], len(c.sends), c.sends)
	if _, err := c.conn.Write(c.request); err != nil {
		return err
	}
	answer, err := c.read()
	if err == nil && !bytes.Contains(answer, []byte(c.want)) {
		err = fmt.Errorf("wanted %s, got %s", c.want, answer)
	}
	return err
}

// read is the body of the next response.
func (c *client) read() ([]byte, error) {
	length := -1
	for {
		line, err := c.reader.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		if len(line) <= 2 {
			break
		}
		if value, found := bytes.CutPrefix(line, []byte("Content-Length: ")); found {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return nil, err
			}
		}
	}
	if length < 0 {
		return nil, errors.New("a response without a length")
	}
	c.body = slices.Grow(c.body[:0], length)[:length]
	_, err := io.ReadFull(c.reader, c.body)
	return c.body, err
}
