package stock

import (
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/model"
)

// TestOnlyWhoWatchesIsWoken: a busy sale costs the watchers of others nothing. Sale 1 is the current one, 2 and 3 are to
// come, and 4 is not there yet; 0 is whoever watches the current one.
func TestOnlyWhoWatchesIsWoken(t *testing.T) {
	t.Parallel()
	now := time.Now().Truncate(time.Second)
	one := model.Sale{ID: 1, Version: 1, Stock: 9, StartsAt: now.Add(-time.Hour), EndsAt: now.Add(3 * time.Hour)}
	two := model.Sale{ID: 2, Version: 1, Stock: 9, StartsAt: now.Add(time.Hour)}
	three := model.Sale{ID: 3, Version: 1, Stock: 9, StartsAt: now.Add(2 * time.Hour)}
	publish := func(sale model.Sale, change func(*model.Sale)) func(*Hub) {
		sale.Version++
		change(&sale)
		return func(h *Hub) { h.Publish(sale) }
	}
	lose := func(id model.SaleID) func(*Hub) {
		return func(h *Hub) { h.sync(nil, slices.Values([]model.SaleID{id})) }
	}
	for name, c := range map[string]struct {
		change func(*Hub)
		woken  []model.SaleID
	}{
		"a commit of the current sale":  {publish(one, func(s *model.Sale) { s.Sold++ }), []model.SaleID{0, 1}},
		"a change of another":           {publish(two, func(s *model.Sale) { s.Stock++ }), []model.SaleID{2}},
		"another start":                 {publish(three, func(s *model.Sale) { s.StartsAt = now.Add(time.Minute) }), []model.SaleID{3}},
		"another one is on":             {publish(two, func(s *model.Sale) { s.StartsAt = now.Add(-time.Minute) }), []model.SaleID{0, 2}},
		"the current one is over":       {publish(one, func(s *model.Sale) { s.EndedAt = now }), []model.SaleID{0, 1}},
		"a new sale":                    {func(h *Hub) { h.Publish(model.Sale{ID: 4, Version: 1, StartsAt: three.StartsAt}) }, []model.SaleID{4}},
		"old news":                      {func(h *Hub) { h.Publish(one) }, nil},
		"nothing new in the database":   {func(h *Hub) { h.sync([]model.Sale{one, two, three}, slices.Values([]model.SaleID{})) }, nil},
		"a lost sale":                   {lose(2), []model.SaleID{2}},
		"the current one is lost":       {lose(1), []model.SaleID{0, 1}},
		"lost is what was never there":  {lose(4), nil},
		"the clock opens one":           {func(h *Hub) { h.announce(now, two.StartsAt) }, []model.SaleID{2}},
		"the clock ends the current":    {func(h *Hub) { h.announce(now.Add(150*time.Minute), one.EndsAt) }, []model.SaleID{0, 1}},
		"the clock has nothing to tell": {func(h *Hub) { h.announce(now, two.StartsAt.Add(-1)) }, nil},
	} {
		h := NewHub(&Clock{})
		h.sync([]model.Sale{one, two, three}, slices.Values([]model.SaleID{}))
		bells := map[model.SaleID]<-chan struct{}{}
		for id := range model.SaleID(5) {
			_, _, bells[id] = h.look(id)
		}
		c.change(h)
		var woken []model.SaleID
		for id := range model.SaleID(5) {
			select {
			case <-bells[id]:
				woken = append(woken, id)
			default:
			}
		}
		assert.Equal(t, c.woken, woken, name)
	}
}

// witness is who watches every sale and the current one, and remembers the last that he was told.
type witness struct {
	mu   sync.Mutex
	told map[model.SaleID]model.State // by what was watched; 0 is the current sale
}

func watchAll(t *testing.T, h *Hub, sales int) *witness {
	t.Helper()
	w := &witness{told: map[model.SaleID]model.State{}}
	for id := range model.SaleID(sales + 1) {
		states := h.Watch(t.Context(), id)
		go func() {
			for state := range states {
				w.mu.Lock()
				w.told[id] = state
				w.mu.Unlock()
			}
		}()
	}
	return w
}

// knows fails when a sale has gone on and he was not told.
func (w *witness) knows(t *testing.T, h *Hub, when string) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, told := range w.told {
		state, found, _ := h.look(id)
		if !found {
			continue
		}
		require.Equal(t, state.ID, told.ID, "sale %d, %s", id, when)
		require.GreaterOrEqual(t, told.Revision(), state.Revision(), "sale %d, %s", id, when)
	}
}

// SetClock has a clock follow a database's that shows now.
func SetClock(c *Clock, now time.Time) {
	for range clockSamples {
		c.Observe(now)
	}
}

// TestNobodyMissesAChange, whether it was published, read, made by the clock, the sale was lost and came back, or the
// database's clock was set.
func TestNobodyMissesAChange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const sales = 6
		clock := &Clock{}
		h := NewHub(clock)
		go h.Run(t.Context())
		w := watchAll(t, h, sales)
		rng := rand.New(rand.NewPCG(5, 6))
		version := int64(0)
		next := func() model.Sale {
			version++
			return anySale(rng, model.SaleID(1+rng.IntN(sales)), version)
		}
		steps := map[string]func(){
			"time goes by": func() { rest(t.Context(), time.Duration(rng.IntN(180))*time.Second) },
			"others come":  func() { h.Publish(next()); h.Publish(next()) },
			"a commit": func() {
				sale := next()
				h.Publish(sale)
				require.True(t, rest(t.Context(), longest))
				version++
				sale.Version = version
				h.Publish(sale)
			},
			"one is read":    func() { h.sync([]model.Sale{next()}, slices.Values([]model.SaleID{})) },
			"one is lost":    func() { h.sync(nil, slices.Values([]model.SaleID{model.SaleID(1 + rng.IntN(sales))})) },
			"lost, and back": func() { s := next(); h.sync(nil, slices.Values([]model.SaleID{s.ID})); h.Publish(s) },
		}
		steps["the clock is set"] = func() {
			SetClock(clock, time.Now().Add(time.Duration(rng.IntN(480)-240)*time.Second))
			steps["one is read"]()
			SetClock(clock, time.Now().Add(time.Duration(rng.IntN(480)-240)*time.Second))
		}
		names := slices.Sorted(maps.Keys(steps))
		for range 1500 {
			name := names[rng.IntN(len(names))]
			steps[name]()
			require.True(t, rest(t.Context(), longest+2*pace))
			synctest.Wait()
			w.knows(t, h, name)
		}
		assert.Len(t, w.told, sales+1)
	})
}
