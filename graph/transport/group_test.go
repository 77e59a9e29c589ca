package transport //nolint:testpackage // groups are nobody else's

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/graph"
	"stampede/model"
)

const (
	watch     = `subscription { stockChanged { id sold revision serverTime } }`
	watchSale = `subscription Watch($id: ID, $all: Boolean! = true) { stockChanged(saleId: $id) { id sold stock @include(if: $all) serverTime } }`
	watchMine = `subscription { stockChanged { sold viewerPurchase { ordinal shopperId } } }`
)

// purchases are the engine's part of viewerPurchase: by says what a shopper has bought.
type purchases struct {
	graph.Sales
	by func(ctx context.Context, shopper string) (model.Purchase, bool, error)
}

func (p purchases) PurchaseBy(ctx context.Context, _ model.SaleID, shopper string) (model.Purchase, bool, error) {
	return p.by(ctx, shopper)
}

// groupsOf counts the groups that are open for those who ask for the same.
func (s *shop) groupsOf() int {
	g := s.sockets.groups
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.byKey)
}

// TestWhoSharesAGroup counts the watches of the feed: there is one for each group.
func TestWhoSharesAGroup(t *testing.T) {
	t.Parallel()
	type asks struct {
		who, id, query string
		variables      map[string]any
	}
	sale := func(id string, all bool) map[string]any { return map[string]any{"id": id, "all": all} }
	for name, c := range map[string]struct {
		a, b  asks
		share bool
	}{
		"the same":                        {asks{"", "1", watch, nil}, asks{"", "1", watch, nil}, true},
		"the same by other ids":           {asks{"", "a", watch, nil}, asks{"", "<\"é\">", watch, nil}, true},
		"two shoppers":                    {asks{"ann", "1", watch, nil}, asks{"bob", "1", watch, nil}, true},
		"the same variables":              {asks{"", "1", watchSale, sale("sale_1", false)}, asks{"", "1", watchSale, sale("sale_1", false)}, true},
		"a default, and the same in full": {asks{"", "1", watchSale, map[string]any{"id": "sale_1"}}, asks{"", "1", watchSale, sale("sale_1", true)}, true},
		"other scopes":                    {asks{"", "1", watch, nil}, asks{"ann", "1", watch, nil}, false},
		"another sale":                    {asks{"", "1", watchSale, sale("sale_1", true)}, asks{"", "1", watchSale, sale("sale_2", true)}, false},
		"another selection":               {asks{"", "1", watchSale, sale("sale_1", true)}, asks{"", "1", watchSale, sale("sale_1", false)}, false},
		"another document":                {asks{"", "1", watch, nil}, asks{"", "1", watch + " ", nil}, false},
		"what is theirs":                  {asks{"ann", "1", watchMine, nil}, asks{"ann", "1", watchMine, nil}, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := open(t, newPipes(), func(_ *Options, r *graph.Resolver) {
				r.Sales = purchases{by: func(context.Context, string) (p model.Purchase, found bool, err error) { return p, false, nil }}
			})
			first, second := s.enter(t, c.a.who), s.enter(t, c.b.who)
			first.subscribe(t, c.a.id, c.a.query, c.a.variables)
			assert.InDelta(t, 0, first.event(t, c.a.id)["sold"], 0, name)
			second.subscribe(t, c.b.id, c.b.query, c.b.variables)
			assert.InDelta(t, 0, second.event(t, c.b.id)["sold"], 0, name)
			begun, _ := s.feed.watches()
			if !c.share {
				assert.Equal(t, 2, begun, name)
				return
			}
			assert.Equal(t, 1, begun, name)
			for _, g := range s.sockets.groups.byKey {
				if viewer := graph.ViewerFrom(g.ctx); viewer != nil {
					assert.Empty(t, viewer.ID, "what is shared is nobody's")
				}
			}
			for i := range 3 {
				<-time.After(time.Second)
				s.feed.sell(1)
				a, b := first.next(t), second.next(t)
				assert.Equal(t, []string{c.a.id, c.b.id}, []string{a.ID, b.ID}, name)
				assert.Equal(t, string(a.Payload), string(b.Payload), name)
				assert.Contains(t, string(a.Payload), fmt.Sprintf(`"sold":%d,`, i+1), name)
			}
		})
	}
}

// TestEachGroupHearsItsOwn: those who share nothing get what they asked for, with what is theirs.
func TestEachGroupHearsItsOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		bought := map[string]model.Purchase{}
		s := open(t, newPipes(), func(_ *Options, r *graph.Resolver) {
			r.Sales = purchases{by: func(_ context.Context, shopper string) (model.Purchase, bool, error) {
				mu.Lock()
				defer mu.Unlock()
				p, found := bought[shopper]
				return p, found, nil
			}}
		})
		ann, bob, other := s.enter(t, "ann"), s.enter(t, "bob"), s.enter(t, "")
		for _, c := range []*client{ann, bob} {
			c.subscribe(t, "mine", watchMine, nil)
			assert.Equal(t, map[string]any{"sold": 0.0, "viewerPurchase": nil}, c.event(t, "mine"))
		}
		other.subscribe(t, "1", watchSale, map[string]any{"id": "sale_2"})
		assert.Equal(t, "sale_2", other.event(t, "1")["id"])
		for i, shopper := range []string{"ann", "bob"} {
			mu.Lock()
			bought[shopper] = model.Purchase{SaleID: 1, Ordinal: i + 1, ShopperID: shopper}
			mu.Unlock()
			s.feed.sell(1)
			annSees, bobSees := ann.event(t, "mine"), bob.event(t, "mine")
			assert.Equal(t, map[string]any{"ordinal": 1.0, "shopperId": "ann"}, annSees["viewerPurchase"])
			if i == 0 {
				assert.Nil(t, bobSees["viewerPurchase"])
			} else {
				assert.Equal(t, map[string]any{"ordinal": 2.0, "shopperId": "bob"}, bobSees["viewerPurchase"])
			}
		}
		other.alive(t)
		s.feed.sell(2)
		assert.InDelta(t, 1, other.event(t, "1")["sold"], 0)
		ann.alive(t)
		bob.alive(t)
	})
}

func TestALateJoinerReadsAFreshClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, newPipes(), nil)
		clockOf := func(c *client) time.Time {
			at, err := time.Parse(time.RFC3339, c.event(t, "1")["serverTime"].(string))
			require.NoError(t, err)
			return at
		}
		first := s.enter(t, "")
		first.subscribe(t, "1", watch, nil)
		assert.Zero(t, time.Since(clockOf(first)))
		for _, later := range []int{1, 48, 1, 300, 1000, 4000} { // milliseconds
			<-time.After(time.Duration(later) * time.Millisecond)
			late := s.enter(t, "")
			late.subscribe(t, "1", watch, nil)
			assert.Less(t, time.Since(clockOf(late)), 100*time.Millisecond, "%d ms after the last", later)
		}
		first.alive(t) // it hears nothing of the others
		begun, _ := s.feed.watches()
		assert.Equal(t, 1, begun)
	})
}

// TestAGroupEndsWithItsLastMember, however the member goes; and whoever comes then opens it anew.
func TestAGroupEndsWithItsLastMember(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(*testing.T, *client){
		"complete": func(t *testing.T, c *client) {
			t.Helper()
			c.say(t, `{"id":"1","type":"complete"}`)
			c.alive(t)
		},
		"close": func(t *testing.T, c *client) {
			t.Helper()
			require.NoError(t, c.WriteControl(8, []byte{3, 232}, time.Now().Add(limit)))
		},
		"gone": func(t *testing.T, c *client) {
			t.Helper()
			require.NoError(t, c.NetConn().Close())
		},
		"thrown out": func(t *testing.T, c *client) {
			t.Helper()
			c.say(t, `nonsense`)
			assert.Equal(t, 4400, c.closed(t).Code)
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := open(t, newPipes(), nil)
			for round := 1; round <= 2; round++ {
				var members []*client
				for range 5 {
					c := s.enter(t, "")
					c.subscribe(t, "1", watch, nil)
					c.event(t, "1")
					members = append(members, c)
				}
				for _, i := range []int{0, 4, 2, 1, 3} {
					begun, open := s.feed.watches()
					assert.Equal(t, [3]int{round, 1, 1}, [3]int{begun, open, s.groupsOf()}, name)
					leave(t, members[i])
					<-time.After(time.Second)
					members[i] = nil
					s.feed.sell(1)
					for _, c := range members {
						if c != nil {
							c.event(t, "1") // those who stay are told
						}
					}
				}
				_, open := s.feed.watches()
				assert.Zero(t, open, name)
				assert.Zero(t, s.groupsOf(), name)
			}
		})
	}
}

func TestWhatAClientHasEndedStaysEnded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, newPipes(), nil)
		c := s.enter(t, "")
		for i := range 3 {
			c.subscribe(t, "a", watch, nil)
			assert.InDelta(t, i, c.event(t, "a")["sold"], 0, "the id is free again")
			c.subscribe(t, "b", watch, nil)
			assert.InDelta(t, i, c.event(t, "b")["sold"], 0)
			c.say(t, `{"id":"a","type":"complete"}`)
			c.alive(t) // not even a complete
			s.feed.sell(1)
			assert.InDelta(t, i+1, c.event(t, "b")["sold"], 0)
			for range 2 { // twice is fine
				c.say(t, `{"id":"b","type":"complete"}`)
				c.alive(t)
			}
		}
	})
}

// TestASlowDatabaseHoldsUpNobodyElse: only viewerPurchase asks it, and only who asks for that waits.
func TestASlowDatabaseHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	begin := func(t *testing.T) (s *shop, ann *client, asked chan struct{}) { // ann's subscription waits for the database
		t.Helper()
		asked = make(chan struct{}, 100)
		answers := make(chan struct{})
		s = open(t, newPipes(), func(_ *Options, r *graph.Resolver) {
			r.Sales = purchases{by: func(context.Context, string) (p model.Purchase, found bool, err error) {
				asked <- struct{}{}
				<-answers
				return p, false, nil
			}}
		})
		t.Cleanup(func() { close(answers) })
		ann = s.enter(t, "ann")
		ann.subscribe(t, "mine", watchMine, nil)
		answers <- struct{}{}
		ann.event(t, "mine")
		<-asked
		s.feed.sell(1)
		<-asked
		return s, ann, asked
	}
	t.Run("when it has left", func(t *testing.T) {
		t.Parallel()
		s, ann, _ := begin(t)
		ann.say(t, `{"id":"mine","type":"complete"}`)
		conn := s.sockets.all()[0]
		require.Eventually(t, func() bool { return len(conn.underWay()) == 0 }, limit, time.Millisecond)
		for range 10 {
			bob := s.enter(t, "bob")
			bob.subscribe(t, "1", watch, nil)
			assert.InDelta(t, 1, bob.event(t, "1")["sold"], 0, "there are subscriptions that need no database")
		}
	})
	t.Run("on the same connection", func(t *testing.T) {
		t.Parallel()
		_, ann, asked := begin(t)
		ann.subscribe(t, "2", watchMine, nil)
		<-asked
		ann.subscribe(t, "3", `{ __typename }`, nil)
		assert.Equal(t, "3", ann.next(t).ID)
		assert.Equal(t, "complete", ann.next(t).Type)
		ann.alive(t)
	})
}

// TestWhatIsCancelledHasNothingMoreToSay: an id may be in use again when its last execution notices that it is over.
func TestWhatIsCancelledHasNothingMoreToSay(t *testing.T) {
	t.Parallel()
	asked, late := make(chan struct{}), make(chan struct{}, 1)
	s := open(t, newPipes(), func(o *Options, r *graph.Resolver) {
		o.Authenticate = func(ctx context.Context, _ string) (context.Context, time.Time, error) {
			ctx = graph.WithViewer(ctx, &graph.Viewer{ID: "ann", Scopes: []graph.Scope{graph.ScopeShopper}})
			return lateCancel{ctx, late}, time.Now().Add(time.Hour), nil
		}
		r.Sales = purchases{by: func(ctx context.Context, _ string) (p model.Purchase, found bool, err error) {
			asked <- struct{}{}
			<-ctx.Done()
			return p, false, ctx.Err()
		}}
	})
	c := s.enter(t, "ann")
	c.subscribe(t, "mine", watchMine, nil)
	<-asked
	late <- struct{}{}
	c.say(t, `{"id":"mine","type":"complete"}`)
	c.alive(t)
}
