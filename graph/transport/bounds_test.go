package transport //nolint:testpackage // its harness is the groups'

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/graph"
	"stampede/model"
)

// asking is a shop whose database counts how often it is asked.
func asking(t *testing.T) (s *shop, asked *atomic.Int64) {
	t.Helper()
	asked = new(atomic.Int64)
	return open(t, newPipes(), func(_ *Options, r *graph.Resolver) {
		r.Sales = purchases{by: func(context.Context, string) (p model.Purchase, found bool, err error) {
			asked.Add(1)
			return p, false, nil
		}}
	}), asked
}

// refused reads the refusal of an operation, and says that the connection lives.
func (c *client) refused(t *testing.T, id, code string) {
	t.Helper()
	m := c.next(t)
	assert.Equal(t, "error", m.Type, "%s", m.Payload)
	assert.Equal(t, id, m.ID)
	assert.Contains(t, string(m.Payload), `"`+code+`"`)
	c.alive(t)
}

// TestAViewerHasSoManyOfTheirOwn, on all connections together; others have theirs.
func TestAViewerHasSoManyOfTheirOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := asking(t)
		first, second, bob, nobody := s.enter(t, "ann"), s.enter(t, "ann"), s.enter(t, "bob"), s.enter(t, "")
		for i := range maxAlone {
			id := fmt.Sprint(i)
			c := []*client{first, second}[i%2]
			c.subscribe(t, id, watchMine, nil)
			c.event(t, id)
		}
		second.subscribe(t, "more", watchMine, nil)
		second.refused(t, "more", "TOO_MANY_SUBSCRIPTIONS")
		stream := s.stream(t, "ann", watchMine, nil)
		assert.Contains(t, stream.event(t), `"TOO_MANY_SUBSCRIPTIONS"`)
		assert.Contains(t, stream.event(t), "complete")
		second.subscribe(t, "shared", watch, nil)
		second.event(t, "shared")
		bob.subscribe(t, "1", watchMine, nil)
		bob.event(t, "1")
		for i := range maxSubscriptions { // they have nothing of their own, and share that
			nobody.subscribe(t, fmt.Sprint(i), watchMine, nil)
			assert.Nil(t, nobody.event(t, fmt.Sprint(i))["viewerPurchase"])
		}
		assert.Equal(t, 2, s.groupsOf())
		first.say(t, `{"id":"0","type":"complete"}`)
		first.alive(t)
		second.subscribe(t, "more", watchMine, nil)
		second.event(t, "more")
	})
}

// TestSoManyGroupsAreOpen, and who asks for what others ask for still gets it.
func TestSoManyGroupsAreOpen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := asking(t)
		var c *client
		for i := range maxGroups {
			if i%maxSubscriptions == 0 {
				c = s.enter(t, "")
			}
			c.subscribe(t, fmt.Sprint(i), watch+strings.Repeat(" ", i), nil)
			c.event(t, fmt.Sprint(i))
		}
		late := s.enter(t, "")
		late.subscribe(t, "1", watchSale, nil)
		late.refused(t, "1", "TOO_MANY_SUBSCRIPTIONS")
		assert.Contains(t, s.stream(t, "", watchSale, nil).event(t), `"TOO_MANY_SUBSCRIPTIONS"`)
		late.subscribe(t, "1", watch, nil)
		late.event(t, "1")
		require.NoError(t, c.Close())
		synctest.Wait()
		late.subscribe(t, "2", watchSale, nil)
		late.event(t, "2")
	})
}

// TestTheirOwnComesOnceASecond, however fast the sale sells: the latest state, and the last one always.
func TestTheirOwnComesOnceASecond(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(*testing.T, *shop) (sold func() any){
		"on a websocket": func(t *testing.T, s *shop) func() any {
			t.Helper()
			ann := s.enter(t, "ann")
			ann.subscribe(t, "1", watchMine, nil)
			return func() any { return ann.event(t, "1")["sold"] }
		},
		"as events": func(t *testing.T, s *shop) func() any {
			t.Helper()
			ann := s.stream(t, "ann", watchMine, nil)
			return func() any { return ann.sold(t) }
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, asked := asking(t)
			sold := begin(t, s)
			assert.InDelta(t, 0, sold(), 0, name)
			for second := range 3 {
				began := time.Now()
				for range 50 {
					s.feed.sell(1)
					<-time.After(time.Millisecond) // whoever is told of each is told now
				}
				assert.InDelta(t, 50*(second+1), sold(), 0, name)
				assert.LessOrEqual(t, time.Since(began), alonePace, name)
			}
			assert.EqualValues(t, 4, asked.Load(), name)
			assert.Equal(t, map[graph.SaleID]int{0: 1}, s.Watching())
		})
	}
}
