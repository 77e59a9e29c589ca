package pg //nolint:testpackage // a guard is made of a connection that a test can hold

import (
	"net"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// looking is how many times the connection beneath a guard has been asked for something to read.
type looking struct {
	net.Conn
	reads atomic.Int64
}

func (l *looking) Read(b []byte) (int, error) {
	l.reads.Add(1)
	return l.Conn.Read(b)
}

type readResult struct {
	text string
	err  error
	took time.Duration
}

// readLater reads from a guard in the background.
func readLater(g *guard) <-chan readResult {
	done := make(chan readResult, 1)
	began := time.Now()
	go func() {
		b := make([]byte, 16)
		n, err := g.Read(b)
		done <- readResult{string(b[:n]), err, time.Since(began)}
	}()
	return done
}

// pass moves a bubble's clock.
func pass(d time.Duration) { time.Sleep(d) } //nolint:forbidigo // it moves by this alone

func guardedPipe(t *testing.T) (*guard, *looking, net.Conn) {
	t.Helper()
	ours, theirs := net.Pipe()
	t.Cleanup(func() { _, _ = ours.Close(), theirs.Close() })
	wire := &looking{Conn: ours}
	return &guard{Conn: wire, state: &guardState{}}, wire, theirs
}

func TestARead(t *testing.T) {
	t.Parallel()
	t.Run("looks by itself, less and less often, until something comes", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			g, wire, server := guardedPipe(t)
			done := readLater(g)
			pass(8 * firstLook)
			synctest.Wait()
			assert.EqualValues(t, 1+8, wire.reads.Load(), "no less often while it is no more than an eighth late")
			pass(time.Minute)
			synctest.Wait()
			assert.InDelta(t, int64(time.Minute/lastLook), wire.reads.Load(), 50)
			_, err := server.Write([]byte("at last"))
			require.NoError(t, err)
			assert.Equal(t, readResult{"at last", nil, time.Minute + 8*firstLook}, <-done)
		})
	})
	t.Run("ends at the deadline that was set before it", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			g, _, _ := guardedPipe(t)
			require.NoError(t, g.SetDeadline(time.Now().Add(time.Second)))
			got := <-readLater(g)
			require.ErrorIs(t, got.err, os.ErrDeadlineExceeded)
			assert.Equal(t, time.Second, got.took)
		})
	})
	t.Run("ends at the deadline that is set meanwhile, and the next one does not", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			g, _, server := guardedPipe(t)
			done := readLater(g)
			pass(time.Second)
			require.NoError(t, g.SetReadDeadline(time.Now().Add(-time.Second)))
			got := <-done
			require.ErrorIs(t, got.err, os.ErrDeadlineExceeded)
			assert.LessOrEqual(t, got.took, time.Second+lastLook)

			require.NoError(t, g.SetReadDeadline(time.Time{}))
			done = readLater(g)
			pass(time.Second)
			_, err := server.Write([]byte("go on"))
			require.NoError(t, err)
			assert.Equal(t, "go on", (<-done).text)
		})
	})
	t.Run("ends with its connection", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			g, _, _ := guardedPipe(t)
			done := readLater(g)
			pass(time.Second)
			require.NoError(t, g.Close())
			require.Error(t, (<-done).err)
		})
	})
}
