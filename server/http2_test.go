package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"stampede/server/pg/pgtest"
	servers "stampede/tools/process"
)

// http2Conn speaks HTTP/2 frame by frame: what no client library would say.
type http2Conn struct {
	net.Conn
	*http2.Framer
	block  []byte // a header block that is a whole request
	ends   chan http2End
	stream uint32 // the last that was opened
}

// http2End is how the server ended a connection.
type http2End struct {
	settings map[http2.SettingID]uint32
	goAway   http2.ErrCode // ErrCodeNo when it said nothing
	answered int           // header frames
	reset    int           // streams, by the server
}

// speakHTTP2 introduces a client on conn, and reads what comes until the connection ends.
func speakHTTP2(t *testing.T, conn net.Conn, path string) *http2Conn {
	t.Helper()
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for _, field := range [][2]string{{":method", "GET"}, {":scheme", "http"}, {":authority", "shop"}, {":path", path}} {
		require.NoError(t, encoder.WriteField(hpack.HeaderField{Name: field[0], Value: field[1], Sensitive: true}))
	}
	c := &http2Conn{
		Conn: conn, Framer: http2.NewFramer(conn, bufio.NewReader(conn)), block: block.Bytes(), ends: make(chan http2End, 1),
	}
	go c.read()
	_, err := io.WriteString(conn, http2.ClientPreface)
	require.NoError(t, err)
	require.NoError(t, c.WriteSettings())
	return c
}

func (c *http2Conn) read() {
	end := http2End{settings: map[http2.SettingID]uint32{}}
	for {
		f, err := c.ReadFrame()
		if err != nil {
			c.ends <- end
			return
		}
		switch f := f.(type) {
		case *http2.SettingsFrame:
			_ = f.ForeachSetting(func(s http2.Setting) error {
				end.settings[s.ID] = s.Val
				return nil
			})
		case *http2.GoAwayFrame:
			end.goAway = f.ErrCode
		case *http2.HeadersFrame:
			end.answered++
		case *http2.RSTStreamFrame:
			end.reset++
		}
	}
}

// resetRapidly opens n streams and resets each at once, until the connection ends. It says how many it opened.
func (c *http2Conn) resetRapidly(n int) (opened int) {
	for ; opened < n; opened++ {
		if c.open(true) != nil || c.WriteRSTStream(c.stream, http2.ErrCodeCancel) != nil {
			break
		}
	}
	return opened
}

// open begins a request; its header goes on when it is not ended.
func (c *http2Conn) open(ended bool) error {
	if c.stream == 0 {
		c.stream = 1
	} else {
		c.stream += 2
	}
	return c.WriteHeaders(http2.HeadersFrameParam{
		StreamID: c.stream, BlockFragment: c.block, EndHeaders: ended, EndStream: true,
	})
}

// end is how the server ended the connection, which it has to.
func (c *http2Conn) end(t *testing.T) http2End {
	t.Helper()
	select {
	case end := <-c.ends:
		return end
	case <-time.After(2 * waitLimit):
		require.Fail(t, "the connection was not ended")
		return http2End{}
	}
}

// TestRapidResetsAreBounded (CVE-2023-44487): a connection that opens streams only to reset them, while their handlers
// can't end, has no more than a hundred of them run, and is then closed.
func TestRapidResetsAreBounded(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	var begun, running atomic.Int32
	server := newHTTPServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		begun.Add(1)
		running.Add(1)
		<-release // whatever becomes of the stream
		running.Add(-1)
	}), slog.New(slog.DiscardHandler))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()

	conn, err := net.Dial("tcp", listener.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	c := speakHTTP2(t, conn, "/")
	opened := c.resetRapidly(100_000)
	end := c.end(t)
	assert.Equal(t, http2.ErrCodeEnhanceYourCalm, end.goAway)
	assert.Equal(t, uint32(100), end.settings[http2.SettingMaxConcurrentStreams])
	assert.Equal(t, int32(100), begun.Load())
	assert.GreaterOrEqual(t, opened, 500, "a hundred run, and four hundred may wait")
	close(release)
	require.Eventually(t, func() bool { return running.Load() == 0 }, waitLimit, tick)
	assert.Equal(t, int32(100), begun.Load(), "those that waited never begin")
	require.NoError(t, server.Close())
	assert.ErrorIs(t, <-served, http.ErrServerClosed)
}

// TestAHeaderWithoutEndIsEnded: frames of a header that hold nothing are no more than a dozen bytes each, and would go
// on for ever. The clock is the bubble's.
func TestAHeaderWithoutEndIsEnded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		defer func() { _ = here.Close() }()
		listener := &oneConnection{conn: there, closed: make(chan struct{})}
		server := newHTTPServer(http.NotFoundHandler(), slog.New(slog.DiscardHandler))
		served := make(chan error, 1)
		go func() { served <- server.Serve(listener) }()
		c := speakHTTP2(t, here, "/")
		began := time.Now()
		require.NoError(t, c.open(false))
		for c.WriteContinuation(c.stream, false, nil) == nil {
			require.Less(t, time.Since(began), time.Minute)
			<-time.After(100 * time.Millisecond)
		}
		assert.LessOrEqual(t, time.Since(began), 16*time.Second)
		<-c.ends
		require.NoError(t, server.Close())
		assert.ErrorIs(t, <-served, http.ErrServerClosed)
	})
}

// oneConnection is a listener to whom one comes.
type oneConnection struct {
	conn   net.Conn
	closed chan struct{}
}

func (l *oneConnection) Accept() (net.Conn, error) {
	if conn := l.conn; conn != nil {
		l.conn = nil
		return conn, nil
	}
	<-l.closed
	return nil, net.ErrClosed
}

func (l *oneConnection) Close() error {
	close(l.closed)
	return nil
}

func (l *oneConnection) Addr() net.Addr { return &net.TCPAddr{} }

// TestFloodsOverHTTP2 attacks a whole server, in a process of its own, with real requests that are reset and with
// headers that do not end. Meanwhile it sells to others, afterwards its memory and its goroutines are what they were,
// and its log tells of no panic.
func TestFloodsOverHTTP2(t *testing.T) {
	t.Parallel()
	at, err := servers.FreeAddress(t.Context())
	require.NoError(t, err)
	server := startServer(t, "DATABASE_URL="+pgtest.URL(t), "DATA_DIR="+t.TempDir(), "METRICS_ADDR="+at)
	id := server.schedule(t, 1_000_000)
	gauges := func() (goroutines, heap float64) {
		return server.gauge(t, at, "go_goroutines"), server.gauge(t, at, "go_memstats_heap_alloc_bytes")
	}

	shopper := 0
	attack := func() {
		const attackers, streams = 4, 3000
		over := make(chan http2End, attackers)
		for i := range attackers {
			c := server.speakHTTP2(t, "/graphql?query=%7BsaleStatus%7Bphase%7D%7D")
			go func() {
				if i%2 == 0 {
					c.resetRapidly(streams)
				} else {
					c.goOn(streams)
				}
				_ = c.Conn.(*net.TCPConn).CloseWrite()
				over <- <-c.ends
			}()
		}
		for ended := 0; ended < attackers; {
			select {
			case end := <-over:
				ended++
				assert.NotEqual(t, http2.ErrCodeInternal, end.goAway)
			default:
				shopper++
				assert.Equal(t, "PurchaseSuccess", server.buy(t, fmt.Sprint("shopper-", shopper), id, "")["__typename"])
			}
		}
	}
	attack() // it warms up
	goroutines, heap := gauges()
	for range 3 {
		attack()
	}
	assert.Eventually(t, func() bool {
		routines, now := gauges()
		return routines <= goroutines+10 && now <= heap+(16<<20)
	}, waitLimit, 100*tick)

	require.NoError(t, server.cmd.Process.Signal(os.Interrupt))
	require.NoError(t, server.cmd.Wait())
	assert.NotContains(t, server.said.String(), "panic")
	assert.NotContains(t, server.said.String(), "level=ERROR")
}

func (h *house) speakHTTP2(t *testing.T, path string) *http2Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return speakHTTP2(t, conn, path)
}

// goOn sends a header in n frames of 8 KB and more, until the connection ends.
func (c *http2Conn) goOn(n int) (sent int) {
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for i := range 8 {
		_ = encoder.WriteField(hpack.HeaderField{Name: "x-" + strconv.Itoa(i), Value: strings.Repeat("x", 1024), Sensitive: true})
	}
	if c.open(false) != nil {
		return 0
	}
	for ; sent < n; sent++ {
		if c.WriteContinuation(c.stream, false, block.Bytes()) != nil {
			break
		}
	}
	return sent
}

// gauge is one number of a server's metrics.
func (h *house) gauge(t *testing.T, at, name string) float64 {
	t.Helper()
	response, err := h.client.Get("http://" + at + "/metrics")
	require.NoError(t, err)
	defer response.Body.Close()
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		if value, found := strings.CutPrefix(lines.Text(), name+" "); found {
			number, err := strconv.ParseFloat(value, 64)
			require.NoError(t, err)
			return number
		}
	}
	require.Fail(t, "no such gauge", name)
	return 0
}

// TestAHeaderOverItsBoundEndsTheConnection (CVE-2023-45288), and nothing of it is kept.
func TestAHeaderOverItsBoundEndsTheConnection(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	c := h.speakHTTP2(t, "/healthz")
	sent := c.goOn(100_000)
	assert.Less(t, sent, 100_000)
	end := c.end(t)
	assert.Equal(t, http2.ErrCodeProtocol, end.goAway)
	assert.Zero(t, end.answered)
	response, _ := h.get(t, http.MethodGet, "/healthz")
	assert.Equal(t, http.StatusOK, response.StatusCode)
}

// TestATooLargeRequestIsNobodyElsesOverHTTP2: the connection of a proxy carries the requests of many, and is kept.
func TestATooLargeRequestIsNobodyElsesOverHTTP2(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	connections := h.askOverHTTP2(t)
	for _, length := range []int{10, 20_000, 10, 10} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.url+"/graphql",
			strings.NewReader(strings.Repeat("x", length)))
		require.NoError(t, err)
		request.Header.Set("Content-Type", "application/json")
		response, err := h.client.Do(request)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		assert.Equal(t, 2, response.ProtoMajor)
		assert.Equal(t, length > 10, response.StatusCode == http.StatusRequestEntityTooLarge, "%d", response.StatusCode)
	}
	assert.Equal(t, int32(1), connections.Load())
}
