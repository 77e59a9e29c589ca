package transport

import (
	"encoding/binary"
	"net"
	"slices"
	"sync"
	"syscall"
	"time"
)

const (
	// writeTimeout: a client that takes nothing for so long is gone.
	writeTimeout = 10 * time.Second
	// maxQueued is how many frames that may not be left out (answers, errors) wait for a slow client; one more and it is
	// closed.
	maxQueued = 64
)

// outlet is the writing side of one websocket. Frames go out at once as long as the kernel takes them; then nobody
// waits: a goroutine of its own writes the rest, what may not be left out queues up to a bound, and of each
// subscription only the latest state is kept.
type outlet struct {
	conn net.Conn
	raw  syscall.RawConn // nil: the connection knows no write that does not wait

	mu      sync.Mutex    // guards what follows
	rest    []byte        // what the kernel did not take yet; not nil while the goroutine runs
	drained chan struct{} // closes when the goroutine ends
	queue   [][]byte
	latest  []*subscription // that have an unsent state
	closing bool            // the close frame is the last
}

func newOutlet(conn net.Conn) *outlet {
	o := &outlet{conn: conn}
	if c, ok := conn.(syscall.Conn); ok {
		o.raw, _ = c.SyscallConn()
	}
	return o
}

// sendFrame sends a whole frame; after the last one nothing follows, and nobody minds.
func (o *outlet) sendFrame(frame []byte, last bool) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closing {
		return true
	}
	if last {
		o.closing = true
		for _, s := range o.latest { // no state follows
			s.unsent = nil
		}
		o.latest = nil
	}
	if o.rest == nil {
		return o.writeLocked(frame)
	}
	if len(o.queue) == maxQueued {
		return false
	}
	o.queue = append(o.queue, frame)
	return true
}

// sendState sends the state of a subscription, or keeps it in the place of an older one until the client is ready.
// frame is only read.
func (o *outlet) sendState(s *subscription, frame []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.closing || s.stopped:
		return true
	case o.rest == nil:
		return o.writeLocked(frame)
	}
	if s.unsent == nil {
		o.latest = append(o.latest, s)
	}
	s.unsent = append([]byte(nil), frame...)
	return true
}

// stop makes sure that nothing more is sent for a subscription.
func (o *outlet) stop(s *subscription) {
	o.mu.Lock()
	defer o.mu.Unlock()
	s.stopped, s.unsent = true, nil
	o.latest = slices.DeleteFunc(o.latest, func(waiting *subscription) bool { return waiting == s })
}

// writeLocked gives the kernel what it takes, and leaves the rest to a goroutine.
func (o *outlet) writeLocked(frame []byte) bool {
	n, err := o.tryWrite(frame)
	if err != nil {
		return false
	}
	if n < len(frame) {
		o.rest = append([]byte(nil), frame[n:]...)
		o.drained = make(chan struct{})
		go o.drain(o.drained)
	}
	return true
}

// tryWrite writes without waiting.
func (o *outlet) tryWrite(b []byte) (n int, err error) {
	if o.raw == nil {
		return 0, nil
	}
	rawErr := o.raw.Write(func(fd uintptr) bool {
		n, err = write(fd, b)
		return true
	})
	if rawErr != nil {
		return 0, rawErr
	}
	return n, err
}

// drain writes what waits, and ends when nothing does, or closes the connection.
func (o *outlet) drain(drained chan struct{}) {
	defer close(drained)
	o.mu.Lock()
	next := o.rest
	o.mu.Unlock()
	for next != nil {
		_ = o.conn.SetWriteDeadline(time.Now().Add(writeTimeout)) // the write says what is wrong
		if _, err := o.conn.Write(next); err != nil {
			_ = o.conn.Close() // the reader notices, and ends the connection
			return             // and rest stays: nothing is written any more
		}
		next = o.next()
	}
}

// flush waits until nothing waits to be written, for d at the most.
func (o *outlet) flush(d time.Duration) {
	o.mu.Lock()
	drained, waiting := o.drained, o.rest != nil
	o.mu.Unlock()
	if !waiting {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-drained:
	case <-timer.C:
	}
}

// next takes what is to be written next: first what may not be left out, then the states.
func (o *outlet) next() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rest = nil
	if len(o.queue) > 0 {
		o.rest, o.queue = o.queue[0], o.queue[1:]
		return o.rest
	}
	for len(o.latest) > 0 && o.rest == nil {
		s := o.latest[0]
		o.latest = o.latest[1:]
		o.rest, s.unsent = s.unsent, nil
	}
	if o.rest == nil {
		o.queue, o.latest = nil, nil
		// The deadline of the last slow write is not that of the next quick one.
		_ = o.conn.SetWriteDeadline(time.Time{})
	}
	return o.rest
}

// frameOf is a server's frame (RFC 6455, section 5.2: final, not masked).
func frameOf(kind int, payload []byte) []byte {
	return append(appendHeader(nil, kind, len(payload)), payload...)
}

func appendHeader(to []byte, kind, length int) []byte {
	to = append(to, 0x80|byte(kind)) //nolint:gosec // an opcode has four bits
	switch {
	case length < 126:
		return append(to, byte(length)) //nolint:gosec // it fits
	case length < 1<<16:
		return binary.BigEndian.AppendUint16(append(to, 126), uint16(length))
	default:
		return binary.BigEndian.AppendUint64(append(to, 127), uint64(length))
	}
}
