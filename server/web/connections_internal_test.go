package web

import (
	"bytes"
	"log/slog"
	"net"
	"net/netip"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// refusing is a listener that cannot accept.
type refusing struct {
	net.Listener
	why error
}

func (r *refusing) Accept() (net.Conn, error) {
	return nil, &net.OpError{Op: "accept", Net: "tcp", Err: r.why}
}

// TestWhatKeepsConnectionsOutIsTold, but for the end of the server.
func TestWhatKeepsConnectionsOutIsTold(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	listener := &refusing{why: syscall.EMFILE}
	c := LimitConnections(listener, 1, func(netip.Addr) bool { return false }, slog.New(slog.NewTextHandler(&log, nil)))
	_, err := c.Accept()
	require.ErrorIs(t, err, syscall.EMFILE)
	assert.Contains(t, log.String(), "level=WARN")
	assert.Contains(t, log.String(), "too many open files")
	log.Reset()
	listener.why = net.ErrClosed
	_, err = c.Accept()
	require.ErrorIs(t, err, net.ErrClosed)
	assert.Empty(t, log.String())
}
