package web

import (
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	"stampede/graph/transport"
)

// maxConnectionsFrom is how many connections one address may hold, unless it is spared: more than websockets, so that
// the websocket that is one too many gets an answer.
const maxConnectionsFrom = 2_000

// Connections is a listener that holds a bounded number of connections, in all and from one address. One too many is
// closed at once: whoever floods the server with connections leaves it file descriptors for others.
type Connections struct {
	net.Listener
	most   int
	spares func(netip.Addr) bool
	log    *slog.Logger
	// refused counts those that were one too many.
	refused atomic.Int64

	mu   sync.Mutex // guards what follows
	open int
	from map[netip.Addr]int
}

// LimitConnections bounds what listener accepts.
func LimitConnections(listener net.Listener, most int, spares func(netip.Addr) bool, log *slog.Logger) *Connections {
	return &Connections{Listener: listener, most: most, spares: spares, log: log, from: map[netip.Addr]int{}}
}

// Accept waits for the next connection that there is room for. What keeps it from doing so, as too few file
// descriptors, it tells: net/http says that only where a flood of broken requests stands, too, and waits for a second.
func (c *Connections) Accept() (net.Conn, error) {
	for {
		conn, err := c.Listener.Accept()
		if err != nil {
			if !errors.Is(err, net.ErrClosed) {
				c.log.Warn("could not take a connection", "err", err)
			}
			return nil, err
		}
		tcp, isTCP := conn.(*net.TCPConn)
		if !isTCP {
			return conn, nil
		}
		from := tcp.RemoteAddr().(*net.TCPAddr).AddrPort().Addr() //nolint:errcheck // it is of TCP
		if !c.take(from) {
			c.refused.Add(1)
			_ = conn.Close()
			continue
		}
		return &connection{TCPConn: tcp, release: sync.OnceFunc(func() { c.release(from) })}, nil
	}
}

func (c *Connections) take(from netip.Addr) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open >= c.most || c.from[transport.Network(from)] >= maxConnectionsFrom && !c.spares(from) {
		return false
	}
	c.open++
	c.from[transport.Network(from)]++
	return true
}

// Held is how many connections there are.
func (c *Connections) Held() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open
}

func (c *Connections) release(from netip.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open--
	by := transport.Network(from)
	c.from[by]--
	if c.from[by] == 0 {
		delete(c.from, by)
	}
}

// connection is a *net.TCPConn in all but its end: whoever looks for one of its methods finds it.
type connection struct {
	*net.TCPConn
	release func()
}

// Close closes the connection, and makes room for another.
func (c *connection) Close() error {
	c.release()
	return c.TCPConn.Close()
}
