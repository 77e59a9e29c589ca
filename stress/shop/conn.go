// Package shop speaks the contract of a flash-sale server, as any stranger can: GraphQL over HTTP, and over websockets
// with graphql-transport-ws.
//
// It does not use net/http's client: that one may send a request a second time by itself, and does not say when the
// first byte left or how much of an answer had come. A load that shall not lie must know both.
package shop

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Target is one server, by the address of its GraphQL endpoint.
type Target struct {
	URL  *url.URL
	addr string // host:port
	head string // of every request, up to the token
}

// NewTarget reads an address such as http://127.0.0.1:8080/graphql.
func NewTarget(address string) (*Target, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%q is not an address like http://host:port/graphql", address)
	}
	if u.User != nil {
		return nil, fmt.Errorf("%s: the name and the password before the host are never sent, take them away", u.Redacted())
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/graphql"
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return &Target{
		URL: u, addr: net.JoinHostPort(u.Hostname(), port),
		head: "POST " + u.RequestURI() + " HTTP/1.1\r\nHost: " + u.Host + "\r\nUser-Agent: stampede-stress\r\n" +
			"Content-Type: application/json\r\nAccept: application/json\r\n",
	}, nil
}

// Conn is one connection to a target, on which one request is under way at a time. It connects when it is first
// needed, and again after an error.
type Conn struct {
	Target  *Target
	Timeout time.Duration // for one exchange
	net     net.Conn
	reader  *bufio.Reader
	wish    []byte // these three are used again
	request []byte
	body    []byte
	used    time.Time // when the last exchange ended
	// read is how many bytes of the present answer have come; cut closes the connection after so many, when positive.
	read, cut int
}

// NewConn makes a connection; it opens by itself.
func NewConn(t *Target, timeout time.Duration) *Conn { return &Conn{Target: t, Timeout: timeout} }

// idleLimit is how long a connection may be idle before it is no longer trusted: servers hang up on idle ones.
const idleLimit = 30 * time.Second

// Open connects, unless that has been done.
func (c *Conn) Open(ctx context.Context) error {
	if c.net != nil && (time.Since(c.used) > idleLimit || hungUp(c.net)) {
		c.Close()
	}
	if c.net != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", c.Target.addr)
	if err != nil {
		return err
	}
	if c.Target.URL.Scheme == "https" {
		secure := tls.Client(conn, &tls.Config{ServerName: c.Target.URL.Hostname(), MinVersion: tls.VersionTLS12})
		if err := secure.HandshakeContext(ctx); err != nil {
			return errors.Join(err, conn.Close())
		}
		conn = secure
	}
	c.net, c.used = conn, time.Now()
	if c.reader == nil {
		c.reader = bufio.NewReaderSize(c, 2048)
	}
	c.reader.Reset(c)
	return nil
}

// Close ends the connection.
func (c *Conn) Close() {
	if c.net != nil {
		_ = c.net.Close() // it is over either way
		c.net = nil
	}
}

// Cut says where a connection breaks: after so many bytes of the request, or when that is 0 after so many of the
// answer. A zero Cut breaks nothing.
type Cut struct{ Request, Answer int }

// errCut says that the connection was cut as planned.
var errCut = errors.New("the client left")

// Exchange is a request and its answer.
type Exchange struct {
	Sent     time.Time // just before the first byte
	Received time.Time // just after the last, or when it was given up
	Left     bool      // some byte of the request may have left this machine
	Status   int       // 0 without an answer
	Body     []byte    // valid until the next exchange
	Retry    time.Duration
	Err      error
}

// Do sends a GraphQL request and reads the answer. Errors end the connection; the next Do opens another. It does not
// begin when ctx has ended.
func (c *Conn) Do(ctx context.Context, token string, body []byte, cut Cut) (e Exchange) {
	if e.Err = ctx.Err(); e.Err == nil {
		e.Err = c.Open(ctx)
	}
	if e.Err != nil {
		e.Sent, e.Received = time.Now(), time.Now()
		return e
	}
	r := c.request[:0]
	r = append(r, c.Target.head...)
	if token != "" {
		r = append(append(append(r, "Authorization: Bearer "...), token...), "\r\n"...)
	}
	r = strconv.AppendInt(append(r, "Content-Length: "...), int64(len(body)), 10)
	c.request = append(append(r, "\r\n\r\n"...), body...)
	e.Sent = time.Now()
	e.Err = c.exchange(&e, cut)
	e.Received = time.Now()
	c.used = e.Received
	if e.Err != nil {
		c.Close()
	}
	return e
}

func (c *Conn) exchange(e *Exchange, cut Cut) error {
	if err := c.net.SetDeadline(e.Sent.Add(c.Timeout)); err != nil {
		return err
	}
	c.read, c.cut = 0, cut.Answer
	if cut.Request > 0 && cut.Request < len(c.request) {
		n, err := c.net.Write(c.request[:cut.Request])
		e.Left = n > 0
		return errors.Join(errCut, err)
	}
	n, err := c.net.Write(c.request)
	e.Left = n > 0
	if err != nil {
		return err
	}
	response, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	e.Body, err = c.readBody(response)
	if err != nil {
		return err
	}
	e.Status = response.StatusCode
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && seconds >= 0 {
		e.Retry = time.Duration(seconds) * time.Second
	}
	if response.Close {
		c.Close()
	}
	return nil
}

const (
	// maxBody is the most that an answer may hold: a page of a thousand purchases has a tenth of it.
	maxBody = 4 << 20
	// maxAnswer is the same with its headers, and what marks the pieces.
	maxAnswer = 2 * maxBody
)

var errTooMuch = fmt.Errorf("an answer of more than %d bytes", maxBody)

func (c *Conn) readBody(response *http.Response) ([]byte, error) {
	if n := response.ContentLength; n >= 0 && n <= maxBody {
		if int64(cap(c.body)) < n {
			c.body = make([]byte, n)
		}
		c.body = c.body[:n]
		_, err := io.ReadFull(response.Body, c.body)
		return c.body, err
	}
	var all bytes.Buffer
	n, err := all.ReadFrom(io.LimitReader(response.Body, maxBody+1))
	if n > maxBody {
		return nil, errTooMuch
	}
	return all.Bytes(), err
}

// Read reads from the network, and leaves where it was told to. It is the reader's.
func (c *Conn) Read(p []byte) (int, error) {
	if c.cut > 0 {
		if c.read >= c.cut {
			return 0, errCut
		}
		p = p[:min(len(p), c.cut-c.read)]
	}
	if c.read > maxAnswer { // what has no length has a bound: headers, or pieces of a body
		return 0, errTooMuch
	}
	n, err := c.net.Read(p)
	c.read += n
	return n, err
}

// websocketURL is where the target takes websockets.
func (t *Target) websocketURL() string {
	u := *t.URL
	u.Scheme = strings.Replace(u.Scheme, "http", "ws", 1)
	return u.String()
}

// throttled says that the request was refused before it was looked at, and may come again. A 503 that does not say when
// may be a proxy's, which has passed the request on.
func (e *Exchange) throttled() bool {
	return e.Err == nil &&
		(e.Status == http.StatusTooManyRequests || e.Status == http.StatusServiceUnavailable && e.Retry > 0)
}

// retryDelay is how long one waits who is throttled, and is not told how long.
const retryDelay = 100 * time.Millisecond

// doWithRetry sends a request until it is not throttled, for as long as an answer may take. Shoppers have patience of
// their own: this is for whoever works beside them.
func (c *Conn) doWithRetry(ctx context.Context, token string, body []byte) Exchange {
	for deadline := time.Now().Add(c.Timeout); ; {
		e := c.Do(ctx, token, body, Cut{})
		wait := max(e.Retry, retryDelay)
		if !e.throttled() || time.Now().Add(wait).After(deadline) {
			return e
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return e
		}
	}
}

// Ping asks for nothing, so that the connection is open and has been used, and so has the token, if there is one.
func (c *Conn) Ping(ctx context.Context, token string) error {
	e := c.doWithRetry(ctx, token, []byte(`{"query":"{__typename}"}`))
	switch {
	case e.Err != nil:
		return fmt.Errorf("%s does not answer: %w", c.Target.URL, e.Err)
	case e.Status == http.StatusOK:
		return nil
	}
	var got struct {
		Errors []problem `json:"errors"`
	}
	_ = json.Unmarshal(e.Body, &got) // or else its words are told as they are
	asked := ""
	if token != "" {
		asked = ", asked with a shopper's token"
	}
	return fmt.Errorf("%s%s: %w", c.Target.URL, asked, refusal(&e, got.Errors))
}
