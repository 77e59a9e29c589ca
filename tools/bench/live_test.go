package main

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// seen is a watcher with what it has received, as pairs of a revision and when it came.
func seen(revisions ...[2]int64) *watcher {
	w := &watcher{}
	for _, r := range revisions {
		text := []byte(`{"sold":` + string(rune('0'+r[0])) + `,"revision":` + string(rune('0'+r[0])) + `}`)
		w.note(text, r[1])
	}
	return w
}

func TestTheJudgeOfASmallCrowd(t *testing.T) {
	t.Parallel()
	deaf := seen([2]int64{1, 11})
	deaf.deaf.Store(true)
	gone := seen([2]int64{1, 14})
	gone.ended = "closed with 1012"
	c := &crowd{watchers: []*watcher{
		seen([2]int64{1, 12}, [2]int64{2, 25}),
		seen([2]int64{2, 30}, [2]int64{1, 40}), // goes back
		seen([2]int64{2, 21}, [2]int64{2, 50}), // the same state again is no news
		deaf, gone,
	}}
	v := c.judge(map[int64]int64{1: 10, 2: 20})
	assert.Equal(t, verdict{
		Open: 3, Delivered: 7, Backwards: 1, P50: 5, P99: 30, Max: 30, Final: 2, FinalLast: 10,
		Ends: []string{"closed with 1012"},
	}, v)
}

// TestAWatcherReadsFrames as they come: in pieces, several at once, with pings between.
func TestAWatcherReadsFrames(t *testing.T) {
	t.Parallel()
	server, conn := net.Pipe()
	defer func() { _, _ = server.Close(), conn.Close() }()
	w := &watcher{conn: conn, buf: make([]byte, watcherRoom)}
	go func() {
		w.watch()
	}()
	require.NoError(t, server.SetDeadline(time.Now().Add(10*time.Second)))
	long := make([]byte, 200)
	copy(long, `{"sold":3,"revision":7}`)
	frames := append([]byte{0x81, 126, 0, 200}, long...)
	frames = append(frames, 0x89, 2, 'h', 'i')
	for _, piece := range [][]byte{frames[:1], frames[1:3], frames[3:100], frames[100:]} {
		_, err := server.Write(piece)
		require.NoError(t, err)
	}
	pong := make([]byte, 8)
	_, err := server.Read(pong)
	require.NoError(t, err)
	assert.Equal(t, []byte{0x8a, 0x82, 0, 0, 0, 0, 'h', 'i'}, pong)
	w.mu.Lock()
	defer w.mu.Unlock()
	assert.Equal(t, int64(7), w.last)
	assert.Equal(t, int64(3), w.sold)
}
