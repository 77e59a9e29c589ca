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
	head   string // of the request, up to the token
	tail   string // of the request, from the token on
	want   string // in the answer
	tokens []string
	next   atomic.Int64
}

const purchaseQuery = `mutation($i:PurchaseInput!){purchase(input:$i){__typename ` +
	`...on PurchaseSuccess{replayed purchase{id ordinal}}...on PurchaseError{code retryable}}}`

func newLoad(addr string, saleID int64, want string, tokens []string) *load {
	body := fmt.Sprintf(`{"query":%q,"variables":{"i":{"saleId":"sale_%d","idempotencyKey":"one-and-only"}}}`,
		purchaseQuery, saleID)
	return &load{
		addr: addr, want: want, tokens: tokens,
		head: fmt.Sprintf("POST /graphql HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n"+
			"Accept: application/json\r\nContent-Length: %d\r\nAuthorization: Bearer ", addr, len(body)),
		tail: "\r\n\r\n" + body,
	}
}

// asFastAsItGoes sends over so many connections for d, once at least, on each as soon as the last answer is there. It
// returns the answers a second and their latencies, sorted.
func (l *load) asFastAsItGoes(ctx context.Context, connections int, d time.Duration) (float64, []time.Duration, error) {
	clients, err := l.connect(ctx, connections, d)
	defer disconnect(clients)
	if err != nil {
		return 0, nil, err
	}
	var running sync.WaitGroup
	start := time.Now()
	for _, c := range clients {
		running.Go(func() {
			for first := true; first || time.Since(start) < d; first = false {
				c.due = time.Now()
				c.exchange()
				if c.err != nil || ctx.Err() != nil {
					return
				}
			}
		})
	}
	running.Wait()
	took := time.Since(start)
	all, err := gather(clients)
	return float64(len(all)) / took.Seconds(), all, errors.Join(err, ctx.Err())
}

var errNoTokens = errors.New("the benchmark ran out of shoppers")

// pace is how often a schedule looks what is due.
const pace = time.Millisecond

// atRate sends by a schedule of so many requests a second for d, that does not wait for answers: a request whose
// connection still waits for one is sent as soon as that has come. Latencies count from the moment when a request was
// due; they come sorted.
func (l *load) atRate(ctx context.Context, connections int, d time.Duration, rate float64) ([]time.Duration, error) {
	clients, err := l.connect(ctx, connections, d)
	defer disconnect(clients)
	if err != nil {
		return nil, err
	}
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	s := &schedule{fail: fail}
	var running sync.WaitGroup
	for _, c := range clients {
		running.Go(func() { s.answer(c) })
	}
	s.run(ctx, clients, d, rate)
	disconnect(clients) // ends those who wait for an answer
	running.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	return gather(clients)
}

// schedule is what the one who sends and those who wait for answers share.
type schedule struct {
	answered atomic.Int64
	over     atomic.Bool
	fail     context.CancelCauseFunc
}

func (s *schedule) run(ctx context.Context, clients []*client, d time.Duration, rate float64) {
	start := time.Now()
	total := int64(d.Seconds() * rate)
	for sent := int64(0); sent < total && ctx.Err() == nil; wait(ctx, pace) {
		for ; sent < total; sent++ {
			due := start.Add(time.Duration(float64(sent) / rate * float64(time.Second)))
			if time.Now().Before(due) {
				break
			}
			if err := clients[sent%int64(len(clients))].sendOrQueue(due); err != nil {
				s.fail(err)
			}
		}
	}
	for s.answered.Load() < total && ctx.Err() == nil {
		wait(ctx, pace)
	}
	s.over.Store(true)
}

// answer reads the answers on one connection until the schedule is over.
func (s *schedule) answer(c *client) {
	for {
		err := c.receive()
		if s.over.Load() {
			return
		}
		if err == nil {
			s.answered.Add(1)
			err = c.sendQueued()
		}
		if err != nil {
			s.fail(err)
			return
		}
	}
}

// client is one connection.
type client struct {
	*load
	conn      net.Conn
	reader    *bufio.Reader
	body      []byte
	latencies []time.Duration
	err       error

	mu      sync.Mutex // guards what follows, where a schedule sends
	request []byte
	due     time.Time // when the request whose answer is awaited was due; zero: none is
	queue   []time.Time
}

func (l *load) connect(ctx context.Context, n int, d time.Duration) ([]*client, error) {
	clients := make([]*client, 0, n)
	for range n {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", l.addr)
		if err != nil {
			return clients, err
		}
		clients = append(clients, &client{load: l, conn: conn, reader: bufio.NewReaderSize(conn, 2048)})
		if err := conn.SetDeadline(time.Now().Add(d + 30*time.Second)); err != nil {
			return clients, err
		}
	}
	return clients, nil
}

func disconnect(clients []*client) {
	for _, c := range clients {
		_ = c.conn.Close()
	}
}

func gather(clients []*client) (all []time.Duration, err error) {
	for _, c := range clients {
		all = append(all, c.latencies...)
		err = errors.Join(err, c.err)
	}
	slices.Sort(all)
	return all, err
}

func (c *client) sendOrQueue(due time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.due.IsZero() {
		c.queue = append(c.queue, due)
		return nil
	}
	c.due = due
	return c.send()
}

func (c *client) sendQueued() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue) == 0 {
		c.due = time.Time{}
		return nil
	}
	c.due = c.queue[0]
	c.queue = c.queue[1:]
	return c.send()
}

func (c *client) exchange() {
	if c.err = c.send(); c.err == nil {
		c.err = c.receive()
	}
}

// send sends a request of the next shopper.
func (c *client) send() error {
	n := int(c.next.Add(1) - 1)
	if n >= len(c.tokens) {
		return errNoTokens
	}
	r := append(append(append(c.request[:0], c.head...), c.tokens[n]...), c.tail...)
	c.request = r
	_, err := c.conn.Write(r)
	return err
}

// receive reads an answer, and notes how long it took since it was due.
func (c *client) receive() error {
	answer, err := c.read()
	if err != nil {
		return err
	}
	if !bytes.Contains(answer, []byte(c.want)) {
		return fmt.Errorf("wanted %s, got %s", c.want, answer)
	}
	c.latencies = append(c.latencies, time.Since(c.due))
	return nil
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
