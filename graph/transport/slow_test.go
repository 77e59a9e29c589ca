package transport //nolint:testpackage // its harness is the groups' and outlets'

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/model"
)

// TestWhoFallsSilentIsClosed within the time that the table of answers gives, whenever it was last heard; who answers
// stays.
func TestWhoFallsSilentIsClosed(t *testing.T) {
	t.Parallel()
	for _, last := range []int{0, 1, 1500, 3900, 4100, 4999, 5001} { // milliseconds
		synctest.Test(t, func(t *testing.T) {
			s := open(t, newPipes(), nil)
			answers, silent := s.enter(t, ""), s.enter(t, "")
			for _, c := range []*client{answers, silent} {
				c.subscribe(t, "1", watch, nil)
				c.event(t, "1")
				require.NoError(t, c.SetReadDeadline(time.Time{}))
			}
			var reading sync.WaitGroup
			events := 0
			reading.Go(func() { // and answers pings
				for {
					if _, _, err := answers.ReadMessage(); err != nil {
						return
					}
					events++
				}
			})
			<-time.After(time.Duration(last) * time.Millisecond)
			silent.say(t, `{"type":"pong"}`)
			began := time.Now()
			_, err := io.Copy(io.Discard, silent.NetConn()) // its kernel takes what comes, and nobody answers
			require.NoError(t, err)
			assert.Greater(t, time.Since(began), pingEvery, "last heard after %d ms", last)
			assert.LessOrEqual(t, time.Since(began), 15*time.Second, "last heard after %d ms", last)

			<-time.After(time.Minute)
			s.feed.sell(1)
			synctest.Wait()
			require.NoError(t, answers.Close())
			reading.Wait()
			assert.Equal(t, 1, events)
		})
	}
}

// TestWhoStopsReadingIsClosed, and the others notice nothing. A pipe takes nothing: the server is stuck at once.
func TestWhoStopsReadingIsClosed(t *testing.T) {
	t.Parallel()
	for name, talks := range map[string]bool{"and falls silent": false, "and talks on": true} {
		synctest.Test(t, func(t *testing.T) {
			s := open(t, newPipes(), nil)
			stuck, other := s.enter(t, ""), s.enter(t, "")
			for _, c := range []*client{stuck, other} {
				c.subscribe(t, "1", watch, nil)
				c.event(t, "1")
			}
			began := time.Now()
			for sold := 1; len(s.sockets.all()) == 2; sold++ {
				require.LessOrEqual(t, time.Since(began), 15*time.Second, name)
				s.feed.sell(1)
				assert.InDelta(t, sold, other.event(t, "1")["sold"], 0, name)
				if talks {
					_ = stuck.WriteMessage(websocket.TextMessage, []byte(`{"type":"pong"}`)) // until it is closed
				}
				<-time.After(100 * time.Millisecond)
			}
			assert.GreaterOrEqual(t, time.Since(began), writeTimeout, "it was given the time to")
			other.alive(t)
		})
	}
}

// TestWhoAsksWithoutReadingIsClosed once too many answers wait for it.
func TestWhoAsksWithoutReadingIsClosed(t *testing.T) {
	t.Parallel()
	for name, ask := range map[string]func(*client, int) error{
		"pings":         func(c *client, _ int) error { return c.WriteJSON(message{Type: "ping"}) },
		"control pings": func(c *client, _ int) error { return c.WriteControl(websocket.PingMessage, nil, time.Time{}) },
		"wrong queries": func(c *client, i int) error {
			return c.WriteJSON(message{ID: fmt.Sprint(i), Type: "subscribe", Payload: json.RawMessage(`{"query":"{"}`)})
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := open(t, newPipes(), nil)
			greedy, other := s.enter(t, ""), s.enter(t, "")
			began, asked := time.Now(), 0
			for ask(greedy, asked) == nil {
				asked++
				require.LessOrEqual(t, asked, 2*maxQueued, name)
				synctest.Wait()
			}
			assert.GreaterOrEqual(t, asked, maxQueued, name)
			assert.Less(t, time.Since(began), writeTimeout, name)
			other.alive(t)
		})
	}
}

// TestWhoReadsAgainIsNotToldWhatIsOver: of the states that a slow client has missed it gets the last, and the others
// notice nothing.
func TestWhoReadsAgainIsNotToldWhatIsOver(t *testing.T) {
	t.Parallel()
	s := open(t, narrow{tcp(t)}, nil)
	s.feed.change(1, func(sale *model.Sale) { sale.Product.Description = strings.Repeat("\U0001f4a1", 2000) }) // 8 KB
	const much = `subscription { stockChanged { sold
		a: product { description } b: product { description } c: product { description } d: product { description } } }`
	slow, same, other := s.enter(t, ""), s.enter(t, ""), s.enter(t, "")
	for _, id := range []string{"a", "b", "given up", "c", "d"} {
		slow.subscribe(t, id, much, nil)
		slow.event(t, id)
	}
	same.subscribe(t, "1", much, nil)
	same.event(t, "1")
	other.subscribe(t, "1", watch, nil)
	other.event(t, "1")

	const changes = 30 // far fewer than it takes until who reads nothing is closed
	stuck := slices.DeleteFunc(s.sockets.all(), func(c *conn) bool { return len(c.underWay()) < maxSubscriptions })
	for i := range changes { // slow reads none of them
		if i == changes/2 { // and of one it wants no more
			slow.say(t, `{"id":"given up","type":"complete"}`)
			require.Eventually(t, func() bool { return !slices.Contains(stuck[0].underWay(), "given up") }, limit, time.Millisecond)
		}
		s.feed.sell(1)
		assert.InDelta(t, i+1, same.event(t, "1")["sold"], 0)
		assert.InDelta(t, i+1, other.event(t, "1")["sold"], 0)
	}
	last := map[string]int{}
	for states, upToDate := 0, 0; upToDate < maxSubscriptions-1; states++ {
		require.Less(t, states, 5*maxSubscriptions, "of %d", changes*maxSubscriptions)
		m := slow.next(t)
		var got struct {
			Data struct{ StockChanged struct{ Sold int } }
		}
		require.NoError(t, json.Unmarshal(m.Payload, &got))
		assert.Greater(t, got.Data.StockChanged.Sold, last[m.ID])
		if last[m.ID] = got.Data.StockChanged.Sold; last[m.ID] == changes {
			upToDate++
		}
	}
	slow.alive(t)
	assert.Less(t, last["given up"], changes/2, "nothing is sent that waited for it")
}

// underWay are the ids of the operations that are.
func (c *conn) underWay() (ids []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, op := range c.running {
		ids = append(ids, op.id)
	}
	return ids
}
