package load

import (
	"fmt"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestOneTroubleIsOne, by whatever port it was met.
func TestOneTroubleIsOne(t *testing.T) {
	t.Parallel()
	r := newRecorder(time.Now())
	for port := range 30 {
		r.troubleLocked(fmt.Errorf("open: %w", &net.OpError{
			Op: "read", Net: "tcp", Err: syscall.ECONNRESET,
			Source: &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 40_000 + port},
			Addr:   &net.TCPAddr{IP: net.IPv4(10, 0, 0, 2), Port: 80},
		}))
	}
	assert.Equal(t, map[string]int{"open: read tcp 10.0.0.2:80: connection reset by peer": 30}, r.trouble)
}
