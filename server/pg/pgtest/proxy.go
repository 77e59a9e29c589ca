package pgtest

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Proxy stands between a client and PostgreSQL's socket and can lose what goes through it.
type Proxy struct {
	URL      string       // where clients connect
	Accepted atomic.Int32 // connections, cancel requests among them

	// loseAnswers, when it returns true for what a client sent on its conn-th connection, lets that through and
	// nothing back any more: the connection is cut when the server has answered, or is dead in both directions when
	// hang is set.
	loseAnswers func(conn int32, sent []byte) bool
	hang        bool

	mu    sync.Mutex
	conns []net.Conn
	ended bool
	wg    sync.WaitGroup
}

// Between starts a proxy before the database that to leads to, on a socket of its own. It ends with the test.
func Between(t testing.TB, to string, hang bool, loseAnswers func(conn int32, sent []byte) bool) *Proxy {
	t.Helper()
	t.Helper()
	u, err := url.Parse(to)
	require.NoError(t, err)
	query := u.Query()
	target := query.Get("host") + "/.s.PGSQL." + query.Get("port")
	dir, err := os.MkdirTemp("", "pgtest-") //nolint:usetesting // the path of a socket must be short
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(dir)) })
	listener, err := net.Listen("unix", dir+"/.s.PGSQL.5432")
	require.NoError(t, err)
	query.Set("host", dir)
	query.Set("port", "5432")
	u.RawQuery = query.Encode()

	p := &Proxy{URL: u.String(), loseAnswers: loseAnswers, hang: hang}
	p.wg.Go(func() { p.accept(t.Context(), listener, target) })
	t.Cleanup(func() {
		assert.NoError(t, listener.Close())
		p.Cut()
		p.wg.Wait()
	})
	return p
}

func (p *Proxy) accept(ctx context.Context, listener net.Listener, target string) {
	for {
		client, err := listener.Accept()
		if err != nil {
			return
		}
		number := p.Accepted.Add(1)
		server, err := (&net.Dialer{}).DialContext(ctx, "unix", target)
		if err != nil {
			_ = client.Close()
			continue
		}
		if !p.keep(client, server) {
			return
		}
		var lost atomic.Bool
		p.wg.Go(func() { p.forward(server, client, number, &lost) })
		p.wg.Go(func() { p.back(client, server, &lost) })
	}
}

func (p *Proxy) keep(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns = append(p.conns, conns...)
	if p.ended {
		for _, conn := range conns {
			_ = conn.Close()
		}
	}
	return !p.ended
}

// Cut ends every connection, and those that are still to come: whoever waits on a silent one is let go.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	for _, conn := range p.conns {
		_ = conn.Close()
	}
}

func (p *Proxy) forward(server, client net.Conn, number int32, lost *atomic.Bool) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			break
		}
		if p.loseAnswers(number, buffer[:n]) {
			lost.Store(true)
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			break
		}
		if p.hang && lost.Load() {
			_, _ = io.Copy(io.Discard, client)
		}
	}
	_ = server.Close()
}

func (p *Proxy) back(client, server net.Conn, lost *atomic.Bool) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := server.Read(buffer)
		if err != nil {
			break
		}
		if lost.Load() {
			if p.hang {
				_, _ = io.Copy(io.Discard, server)
			}
			break
		}
		if _, err := client.Write(buffer[:n]); err != nil {
			break
		}
	}
	_ = client.Close()
}

// Counting starts a proxy that loses nothing and counts what clients send; a message is a round trip. It does not count
// the ping of a connection that has been idle for a second, which is only that the machine stood still.
func Counting(t testing.TB, to string) (p *Proxy, sent *atomic.Int64) {
	t.Helper()
	sent = &atomic.Int64{}
	return Between(t, to, false, func(_ int32, message []byte) bool {
		if !bytes.Contains(message, []byte("-- ping\x00")) {
			sent.Add(1)
		}
		return false
	}), sent
}

// IsCommit recognises COMMIT, sent alone or together with the statement before it (but not its preparation).
func IsCommit(_ int32, sent []byte) bool {
	return bytes.Contains(sent, []byte("Q\x00\x00\x00\x0bcommit\x00")) ||
		bytes.Contains(sent, []byte("\x00stampede_commit\x00"))
}
