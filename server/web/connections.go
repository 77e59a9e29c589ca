package web

import (
	"net"
	"net/netip"
	"sync"

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

	mu   sync.Mutex // guards what follows
	open int
	from map[netip.Addr]int
}

// LimitConnections bounds what listener accepts.
func LimitConnections(listener net.Listener, most int, spares func(netip.Addr) bool) *Connections {
	return &Connections{Listener: listener, most: most, spares: spares, from: map[netip.Addr]int{}}
}

// Accept waits for the next connection that there is room for.
func (c *Connections) Accept() (net.Conn, error) {
	for {
		conn, err := c.Listener.Accept()
		if err != nil {
			return nil, err
		}
		tcp, isTCP := conn.(*net.TCPConn)
		if !isTCP {
			return conn, nil
		}
		from := tcp.RemoteAddr().(*net.TCPAddr).AddrPort().Addr() //nolint:errcheck // it is of TCP
		if !c.take(from) {
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
