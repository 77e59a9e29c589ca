package transport //nolint:testpackage // its harness is the groups' and outlets'

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/graph"
)

func TestPingsAreAnswered(t *testing.T) {
	t.Parallel()
	s := open(t, tcp(t), nil)
	c := s.visit(t)
	c.alive(t) // before the introduction too
	c.say(t, `{"type":"ping"}`)
	assert.Equal(t, message{Type: "pong"}, c.next(t))
	long := `{"x":"` + strings.Repeat("x", maxBody-len(`{"type":"ping","payload":{"x":""}}`)) + `"}` // as a message may be
	for _, payload := range []string{`null`, `17`, `{"a":[1,"<é>"]}`, long} {
		c.say(t, `{"type":"ping","payload":`+payload+`}`)
		m := c.next(t)
		assert.Equal(t, "pong", m.Type)
		assert.JSONEq(t, payload, string(m.Payload))
	}
	c.say(t, `{"type":"pong","payload":{"unasked":true}}`) // needs no answer

	var heard []string
	c.SetPongHandler(func(data string) error { heard = append(heard, data); return nil })
	pings := []string{"", "are you there?", strings.Repeat("x", 125)}
	for _, data := range pings {
		require.NoError(t, c.WriteControl(websocket.PingMessage, []byte(data), time.Now().Add(limit)))
	}
	c.alive(t) // their pongs came before this one
	assert.Equal(t, pings, heard)
}

// TestACloseIsAnsweredInKind, also where nobody knows a write that does not wait.
func TestACloseIsAnsweredInKind(t *testing.T) {
	t.Parallel()
	for name, listener := range map[string]net.Listener{"tcp": tcp(t), "another network": newPipes()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, listener, nil)
			for _, code := range []int{websocket.CloseNormalClosure, websocket.CloseGoingAway, 3000, 4999} {
				c := s.enter(t, "")
				c.subscribe(t, "1", watch, nil)
				c.event(t, "1")
				require.NoError(t, c.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, "bye"), time.Now().Add(limit)))
				assert.Equal(t, code, c.closed(t).Code)
			}
		})
	}
}

// TestWhoBreaksTheFramingIsToldSo, and nothing follows the close frame that says so: the connection has ended for the
// client, and not yet for the server.
func TestWhoBreaksTheFramingIsToldSo(t *testing.T) {
	t.Parallel()
	unmasked := string(frameOf(textFrame, []byte(`{"type":"ping"}`)))
	for name, c := range map[string]struct {
		breaks func(*client) error
		code   int
	}{
		"a message that is too long": {func(c *client) error {
			return c.WriteMessage(websocket.TextMessage, make([]byte, maxBody+1))
		}, websocket.CloseMessageTooBig},
		"a frame without a mask": {func(c *client) error {
			_, err := c.NetConn().Write([]byte(unmasked))
			return err
		}, websocket.CloseProtocolError},
		"a flood of them": {func(c *client) error {
			_, err := c.NetConn().Write([]byte(strings.Repeat(unmasked, 20_000)))
			return err
		}, websocket.CloseProtocolError},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, tcp(t), nil)
			client := s.enter(t, "")
			client.subscribe(t, "1", watch, nil)
			client.event(t, "1")
			require.NoError(t, c.breaks(client))
			require.Equal(t, c.code, client.closed(t).Code)
			s.feed.sell(1)
			more, err := io.ReadAll(client.NetConn())
			require.NoError(t, err)
			assert.Empty(t, more)
		})
	}
}

func TestAnAddressMayOpenSoManySockets(t *testing.T) {
	t.Parallel()
	s := open(t, tcp(t), func(o *Options, _ *graph.Resolver) { o.MaxSocketsFrom = 3 })
	var inside []*client
	for range 3 {
		inside = append(inside, s.enter(t, ""))
	}
	dialer := websocket.Dialer{NetDialContext: s.dial, Subprotocols: []string{subprotocol}}
	_, response, err := dialer.DialContext(t.Context(), s.url, nil)
	require.ErrorIs(t, err, websocket.ErrBadHandshake)
	assert.Equal(t, http.StatusTooManyRequests, response.StatusCode, "before the upgrade")
	assert.NotEmpty(t, response.Header.Get("Retry-After"))
	said, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	assert.Contains(t, string(said), `"RATE_LIMITED"`)
	for _, c := range inside {
		c.alive(t)
	}

	require.NoError(t, inside[0].Close())
	var again *websocket.Conn
	require.Eventually(t, func() bool {
		again, _, err = dialer.DialContext(t.Context(), s.url, nil)
		return err == nil
	}, limit, time.Millisecond, "there is room again")
	t.Cleanup(func() { _ = again.Close() })
	_, _, err = dialer.DialContext(t.Context(), s.url, nil)
	require.ErrorIs(t, err, websocket.ErrBadHandshake, "for one")
}

// lateCancel is a context some of whose operations take a while to be cancelled: one for each of late.
type lateCancel struct {
	context.Context
	late chan struct{}
}

func (l lateCancel) Done() <-chan struct{} { return make(chan struct{}) } // its own: WithCancel looks no deeper

// AfterFunc is how context.WithCancel hears of its parent; a context that is cancelled stops it.
func (l lateCancel) AfterFunc(func()) (stop func() bool) {
	return func() bool {
		select {
		case <-l.late:
			<-time.After(200 * time.Millisecond)
		default:
		}
		return true
	}
}

// TestWhoIsToldThatItIsOverFindsItOver: the id is free, and the place too, and not a moment later.
func TestWhoIsToldThatItIsOverFindsItOver(t *testing.T) {
	t.Parallel()
	enter := func(t *testing.T) (c *client, late chan struct{}) {
		t.Helper()
		late = make(chan struct{}, 1)
		return open(t, tcp(t), func(o *Options, _ *graph.Resolver) {
			o.Authenticate = func(ctx context.Context, _ string) (context.Context, time.Time, error) {
				return lateCancel{ctx, late}, time.Now().Add(time.Hour), nil
			}
		}).enter(t, "ann"), late
	}
	for name, query := range map[string]string{"complete": `{ __typename }`, "error": `{ nothing }`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, late := enter(t)
			for range 3 {
				late <- struct{}{}
				c.subscribe(t, "1", query, nil)
				for m := c.next(t); m.Type != name; m = c.next(t) {
					require.Equal(t, "next", m.Type)
				}
			}
			c.alive(t)
		})
	}
	t.Run("one too many", func(t *testing.T) {
		t.Parallel()
		c, late := enter(t)
		for i := range maxSubscriptions {
			c.subscribe(t, fmt.Sprint(i), watch, nil)
			c.event(t, fmt.Sprint(i))
		}
		late <- struct{}{}
		c.subscribe(t, "too many", watch, nil)
		assert.Equal(t, "error", c.next(t).Type)
		c.say(t, `{"id":"0","type":"complete"}`)
		c.subscribe(t, "now", watch, nil)
		c.event(t, "now")
	})
}

// TestTheLastOfTooManyAreRefused, also when they come in one breath.
func TestTheLastOfTooManyAreRefused(t *testing.T) {
	t.Parallel()
	s := open(t, tcp(t), nil)
	for range 20 {
		c := s.enter(t, "")
		c.subscribe(t, "a query", `{ __typename }`, nil)
		c.subscribe(t, "a mistake", `{ nothing }`, nil)
		for i := range maxSubscriptions + 2 {
			c.subscribe(t, fmt.Sprint(i), watch, nil)
		}
		last := map[string]string{}
		for len(last) < maxSubscriptions+4 || last["a query"] != "complete" {
			m := c.next(t)
			last[m.ID] = m.Type
		}
		want := map[string]string{"a query": "complete", "a mistake": "error"}
		for i := range maxSubscriptions + 2 {
			want[fmt.Sprint(i)] = map[bool]string{true: "next", false: "error"}[i < maxSubscriptions]
		}
		assert.Equal(t, want, last)
		require.NoError(t, c.Close())
	}
}

// TestAllAreToldThatTheServerRestarts, spread so that they do not return together, and nobody is let in any more.
func TestAllAreToldThatTheServerRestarts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, newPipes(), nil)
		var told [200]time.Duration
		var reading sync.WaitGroup
		began := time.Now()
		for i := range told {
			c := s.enter(t, "")
			if i%2 == 0 {
				c.subscribe(t, "1", watch, nil)
				c.event(t, "1")
			}
			reading.Go(func() {
				_, err := c.read()
				assert.True(t, websocket.IsCloseError(err, websocket.CloseServiceRestart), "%v", err)
				told[i] = time.Since(began)
			})
		}
		dialer := websocket.Dialer{NetDialContext: s.dial, Subprotocols: []string{subprotocol}}
		reading.Go(func() {
			<-time.After(drainSpread / 2)
			_, response, err := dialer.DialContext(t.Context(), s.url, nil)
			assert.ErrorIs(t, err, websocket.ErrBadHandshake)
			assert.Equal(t, http.StatusServiceUnavailable, response.StatusCode)
			assert.NotEmpty(t, response.Header.Get("Retry-After"))
		})
		require.NoError(t, s.Close(t.Context()))
		reading.Wait()
		together := map[time.Duration]int{}
		for _, at := range told {
			together[at]++
			assert.LessOrEqual(t, at, drainSpread)
			assert.LessOrEqual(t, together[at], len(told)/10, "at %s", at)
		}
		require.NoError(t, s.Close(t.Context()), "twice is fine")
	})
}
