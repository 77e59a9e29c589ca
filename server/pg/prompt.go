package pg

import (
	"errors"
	"os"
	"sync"
	"time"
)

// How long a read waits before it looks by itself whether something has come: an eighth of what it has waited so far,
// within these. Who waits for a lock has time.
const (
	firstLook = 250 * time.Microsecond
	lastLook  = 5 * time.Millisecond
)

// deadline is the one that the connection's user has set for its reads.
type deadline struct {
	mu sync.Mutex // held while it is handed down, so that the last word is the user's
	at time.Time  // zero: none
}

// Read looks by itself, every now and then, whether the server has answered. Go's scheduler asks the network only when
// it has nothing else to run, or after 10 ms; in a rush it always has, and a batch's answer would lie in the socket
// while a thousand shoppers wait for it. Timers it minds between any two goroutines.
func (g *guard) Read(b []byte) (int, error) {
	for began := time.Now(); ; {
		last, err := g.lookAfter(min(max(time.Since(began)/8, firstLook), lastLook))
		if err != nil {
			return 0, err
		}
		n, err := g.Conn.Read(b)
		if n > 0 || last || !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
	}
}

// lookAfter bounds the next read, and says whether its user's own deadline does.
func (g *guard) lookAfter(d time.Duration) (last bool, err error) {
	g.reads.mu.Lock()
	defer g.reads.mu.Unlock()
	next := time.Now().Add(d)
	if last = !g.reads.at.IsZero() && !g.reads.at.After(next); last {
		next = g.reads.at
	}
	return last, g.Conn.SetReadDeadline(next)
}

// SetReadDeadline bounds the reads, the one that is under way too.
func (g *guard) SetReadDeadline(t time.Time) error {
	g.reads.mu.Lock()
	defer g.reads.mu.Unlock()
	g.reads.at = t
	return g.Conn.SetReadDeadline(t)
}

// SetDeadline bounds reads and writes.
func (g *guard) SetDeadline(t time.Time) error {
	return errors.Join(g.SetReadDeadline(t), g.SetWriteDeadline(t))
}
