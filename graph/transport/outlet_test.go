package transport //nolint:testpackage // outlets are nobody else's

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pair is an outlet on a connection that the kernel buffers little for, and the client at its other end.
func pair(t *testing.T) (*outlet, *websocket.Conn) {
	t.Helper()
	upgraded := make(chan net.Conn, 1)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var upgrader websocket.Upgrader
		ws, err := upgrader.Upgrade(w, r, nil)
		if assert.NoError(t, err) {
			upgraded <- ws.NetConn()
		}
	}))
	server.Listener = narrow{server.Listener}
	server.Start()
	t.Cleanup(server.Close)
	client, _, err := websocket.DefaultDialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(server.URL, "http"), nil)
	require.NoError(t, err)
	require.NoError(t, client.SetReadDeadline(time.Now().Add(limit)))
	conn := <-upgraded
	t.Cleanup(func() {
		_ = client.Close()
		_ = conn.Close()
	})
	return newOutlet(conn), client
}

func textOf(payload string) []byte { return frameOf(textFrame, []byte(payload)) }

// waits says whether something waits for the client.
func (o *outlet) waits() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.rest != nil
}

// full sends frames until the kernel takes no more, and returns how many.
func full(t *testing.T, o *outlet) (frames int) {
	t.Helper()
	for ; !o.waits(); frames++ {
		require.True(t, o.sendFrame(textOf(plug), false))
	}
	return frames
}

// plug is far larger than what narrow connections and their clients buffer.
var plug = strings.Repeat("plug", 1<<18)

// texts reads so many text frames.
func texts(t *testing.T, client *websocket.Conn, n int) []string {
	t.Helper()
	all := []string{}
	for range n {
		kind, text, err := client.ReadMessage()
		require.NoError(t, err)
		require.Equal(t, websocket.TextMessage, kind)
		all = append(all, string(text))
	}
	return all
}

// TestNothingIsTornOrOvertaken while the kernel's buffer fills and drains over and over again: frames arrive as they
// were sent, and the states of each subscription grow until the last.
func TestNothingIsTornOrOvertaken(t *testing.T) {
	t.Parallel()
	o, client := pair(t)
	const frames, subscriptions = 3000, 3
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	sizes := rand.New(rand.NewPCG(seed, 0))
	payload := func(i int) string { // the same for both sides, of every kind of length
		size := []int{0, 100, 125 - 5, 126 - 5, 9000, 1<<16 - 1 - 5, 1<<16 - 5}[i%7]
		if i%50 < 40 {
			size = min(size, 200)
		}
		return fmt.Sprintf("%05d", i) + strings.Repeat(string(rune('a'+i%26)), size)
	}
	credit := make(chan struct{}, maxQueued) // for frames that have not been read
	done, blocked := make(chan struct{}), 0
	go func() {
		defer close(done)
		var subs [subscriptions]subscription
		state := func(k, i int) {
			text := fmt.Sprintf("state %d %d %s", k, i, strings.Repeat("x", sizes.IntN(2000)))
			assert.True(t, o.sendState(&subs[k], textOf(text)))
		}
		for i := range frames {
			credit <- struct{}{}
			if o.waits() {
				blocked++
			}
			if i%7 == 0 {
				assert.True(t, o.sendFrame(frameOf(websocket.PingMessage, []byte(payload(i)[:5])), false))
			} else {
				assert.True(t, o.sendFrame(textOf(payload(i)), false))
			}
			state(sizes.IntN(subscriptions), i)
		}
		for k := range subscriptions {
			state(k, frames)
		}
	}()

	next := 0
	client.SetPingHandler(func(data string) error {
		assert.Equal(t, payload(next)[:5], data)
		next++
		<-credit
		return nil
	})
	var last [subscriptions]int
	for next < frames || last != [subscriptions]int{frames, frames, frames} {
		_, text, err := client.ReadMessage()
		require.NoError(t, err)
		var k, i int
		if n, _ := fmt.Sscanf(string(text), "state %d %d", &k, &i); n == 2 {
			require.Greater(t, i, last[k]-1, "states never go back")
			last[k] = i
			continue
		}
		require.Equal(t, payload(next), string(text))
		next++
		<-credit
	}
	<-done
	assert.Positive(t, blocked)
	assert.Less(t, blocked, frames)
}

func TestOfStatesThatWaitOnlyTheLatestIsSent(t *testing.T) {
	t.Parallel()
	o, client := pair(t)
	plugs := full(t, o)
	var a, b subscription
	for i := range 100 {
		scratch := textOf(fmt.Sprint("a", i))
		require.True(t, o.sendState(&a, scratch))
		clear(scratch) // it is the sender's
		require.True(t, o.sendState(&b, textOf(fmt.Sprint("b", i))))
	}
	assert.Equal(t, "a99", string(a.unsent[2:]))
	assert.Len(t, o.latest, 2)
	require.True(t, o.sendFrame(textOf("an answer"), false))
	texts(t, client, plugs)
	assert.Equal(t, []string{"an answer", "a99", "b99"}, texts(t, client, 3))
	for i := range 3 { // and now that it reads again, each
		require.True(t, o.sendState(&a, textOf(fmt.Sprint("again ", i))))
		assert.Equal(t, []string{fmt.Sprint("again ", i)}, texts(t, client, 1))
	}
}

func TestNothingIsSentForWhatHasBeenStopped(t *testing.T) {
	t.Parallel()
	o, client := pair(t)
	plugs := full(t, o)
	var a, b subscription
	require.True(t, o.sendState(&a, textOf("a")))
	require.True(t, o.sendState(&b, textOf("b")))
	o.stop(&a)
	require.True(t, o.sendState(&a, textOf("a, too late")))
	texts(t, client, plugs)
	assert.Equal(t, []string{"b"}, texts(t, client, 1))
	require.True(t, o.sendState(&a, textOf("a, much too late")))
	require.True(t, o.sendFrame(textOf("the end"), false))
	assert.Equal(t, []string{"the end"}, texts(t, client, 1))
}

// TestWhatWaitsIsBounded whatever a client does that reads nothing.
func TestWhatWaitsIsBounded(t *testing.T) {
	t.Parallel()
	o, client := pair(t)
	plugs := full(t, o)
	for range 1000 { // it subscribes, is welcomed, and completes
		s := subscription{}
		require.True(t, o.sendState(&s, textOf("the present state")))
		o.stop(&s)
	}
	assert.LessOrEqual(t, len(o.latest), maxSubscriptions, "subscriptions that are over wait for nothing")

	var want []string
	for i := range maxQueued {
		want = append(want, fmt.Sprint(i))
		require.True(t, o.sendFrame(textOf(want[i]), false))
	}
	assert.False(t, o.sendFrame(textOf("one too many"), false))
	assert.False(t, o.sendFrame(textOf("and another"), false))
	texts(t, client, plugs)
	assert.Equal(t, want, texts(t, client, len(want)))
}

func TestTheCloseFrameIsTheLast(t *testing.T) {
	t.Parallel()
	for name, wait := range map[string]bool{"at once": false, "while the kernel is full": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, client := pair(t)
			if wait {
				full(t, o)
			}
			var a, b subscription
			require.True(t, o.sendState(&a, textOf("a state")))
			require.True(t, o.sendFrame(closeFrame(closeForbidden, "token expired"), true))
			assert.True(t, o.sendFrame(textOf("more"), false), "nobody minds")
			assert.True(t, o.sendState(&a, textOf("more")))
			assert.True(t, o.sendState(&b, textOf("more")))
			assert.True(t, o.sendFrame(closeFrame(closeRestart, ""), true))
			sent := make(chan struct{})
			go func() {
				defer close(sent)
				assert.Eventually(t, func() bool { return !o.waits() }, limit, time.Millisecond)
				assert.NoError(t, o.conn.(*net.TCPConn).CloseWrite())
			}()
			kinds, last := framesOf(t, client.NetConn())
			<-sent
			require.Contains(t, kinds, websocket.CloseMessage)
			assert.Equal(t, websocket.CloseMessage, kinds[len(kinds)-1])
			assert.Equal(t, websocket.FormatCloseMessage(closeForbidden, "token expired"), last)
		})
	}
}

// framesOf reads the frames of a server until the end: gorilla's client does not look behind a close frame.
func framesOf(t *testing.T, from io.Reader) (kinds []int, last []byte) {
	t.Helper()
	for {
		var head [2]byte
		_, err := io.ReadFull(from, head[:])
		if errors.Is(err, io.EOF) { // between two frames
			return kinds, last
		}
		require.NoError(t, err)
		length := uint64(head[1])
		if head[1] > 125 {
			more := make([]byte, 8)
			size := map[byte]int{126: 2, 127: 8}[head[1]]
			_, err := io.ReadFull(from, more[8-size:])
			require.NoError(t, err)
			length = binary.BigEndian.Uint64(more)
		}
		last = make([]byte, length)
		_, err = io.ReadFull(from, last)
		require.NoError(t, err)
		kinds = append(kinds, int(head[0]&0xf))
	}
}

// TestASlowWriteHasADeadlineAndAQuickOneHasNone: it would be that of the last slow one, and long over.
func TestASlowWriteHasADeadlineAndAQuickOneHasNone(t *testing.T) {
	t.Parallel()
	o, client := pair(t)
	conn := &deadlines{TCPConn: o.conn.(*net.TCPConn)}
	o = newOutlet(conn)
	plugs := full(t, o)
	texts(t, client, plugs)
	require.Eventually(t, func() bool { return !o.waits() }, limit, time.Millisecond)
	o.mu.Lock() // next has it when it sets the last one
	defer o.mu.Unlock()
	require.Len(t, conn.set, 2)
	assert.WithinRange(t, conn.set[0], time.Now(), time.Now().Add(writeTimeout))
	assert.Zero(t, conn.set[1])
}

// deadlines writes down which deadlines are set.
type deadlines struct {
	*net.TCPConn
	set []time.Time
}

func (d *deadlines) SetWriteDeadline(at time.Time) error {
	d.set = append(d.set, at)
	return d.TCPConn.SetWriteDeadline(at)
}

func TestAnOutletGivesUpOnAClientThatTakesNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		reads time.Duration
		want  error
	}{"just in time": {writeTimeout - time.Millisecond, nil}, "too late": {writeTimeout + time.Millisecond, io.EOF}} {
		synctest.Test(t, func(t *testing.T) {
			here, there := net.Pipe()
			o := newOutlet(there)
			require.True(t, o.sendFrame(textOf("one"), false))
			require.True(t, o.sendFrame(textOf("two"), false))
			<-time.After(c.reads)
			got := make([]byte, 2*len(textOf("one")))
			_, err := io.ReadFull(here, got)
			assert.Equal(t, c.want, err, name)
			_ = there.Close()
		})
	}
}
