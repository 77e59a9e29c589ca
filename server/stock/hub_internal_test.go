package stock

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/model"
)

// anySale is a sale around now, in any phase.
func anySale(rng *rand.Rand, id model.SaleID, version int64) model.Sale {
	minutes := func(from, to int) time.Time {
		return time.Now().Add(time.Duration(from+rng.IntN(to-from)) * time.Minute)
	}
	s := model.Sale{ID: id, Version: version, Stock: 2, Sold: rng.IntN(3), StartsAt: minutes(-5, 5)}
	switch rng.IntN(4) {
	case 0:
		s.EndsAt = s.StartsAt.Add(time.Duration(1+rng.IntN(5)) * time.Minute)
	case 1:
		s.PausedAt = time.Now()
	case 2:
		s.EndedAt = time.Now()
	}
	return s
}

// anySales are what a hub ought to hold after whatever has happened.
type anySales map[model.SaleID]model.Sale

// next is a later state of a sale, or the first one of a new sale; there are so many ids.
func (all anySales) next(rng *rand.Rand, ids int) model.Sale {
	id := model.SaleID(1 + rng.IntN(ids))
	all[id] = anySale(rng, id, all[id].Version+1)
	return all[id]
}

// syncInto lets a few sales change, and a few get lost, and the hub hear of it all at once.
func (all anySales) syncInto(h *Hub, rng *rand.Rand, ids int) {
	for range rng.IntN(4) {
		all.next(rng, ids)
	}
	var lost []model.SaleID
	for id := range maps.Clone(all) {
		if rng.IntN(8) == 0 {
			lost = append(lost, id)
			delete(all, id)
		}
	}
	h.sync(slices.Collect(maps.Values(all)), slices.Values(lost))
}

// TestTheCurrentSaleIsTheOneThatTheRulesPick, whatever was published, read or lost, and however the time goes by. It lives
// in a bubble of synctest: its time passes as soon as everybody waits.
func TestTheCurrentSaleIsTheOneThatTheRulesPick(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := NewHub(&Clock{})
		go h.Run(t.Context())
		rng := rand.New(rand.NewPCG(1, 2))
		const ids = 6
		want := anySales{}
		for step := range 5000 {
			switch rng.IntN(4) {
			case 0:
				require.True(t, rest(t.Context(), time.Duration(rng.IntN(180))*time.Second))
			case 1:
				want.syncInto(h, rng, ids)
			default:
				h.Publish(want.next(rng, ids))
			}
			synctest.Wait()
			h.Heard(time.Now())
			got, found, err := h.Current()
			require.NoError(t, err)
			picked, exists := model.Current(maps.Values(want), time.Now())
			require.Equal(t, exists, found, "step %d", step)
			require.Equal(t, picked, got.Sale, "step %d", step)
			sales, versions := h.Pulse()
			sum := int64(0)
			for _, s := range want {
				sum += s.Version
			}
			require.Equal(t, []any{len(want), sum}, []any{sales, versions}, "step %d", step)
		}
	})
}

// TestTheNetIsNotCastForWhatIsUnderWay: in a rush the database's pulse and the hub's are never read at the same moment. What
// was committed and published in between was not missed; what the hub does not have afterwards was, and what it had
// before is lost.
func TestTheNetIsNotCastForWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before, database, after int64
		listed                  int
	}{
		"in step":                          {5, 5, 5, 0},
		"committed before the answer":      {5, 7, 7, 0},
		"committed after it":               {5, 5, 9, 0},
		"around it":                        {5, 7, 9, 0},
		"missed":                           {5, 6, 5, 1},
		"missed, though something was new": {5, 8, 7, 1},
		"lost":                             {5, 4, 5, 1},
		"lost, and something is new":       {5, 4, 9, 1},
	} {
		source := &table{row: model.Sale{ID: 1, Version: c.database}}
		r := relayOn(source, model.Sale{ID: 1, Version: c.before})
		source.asked = func() { r.hub.Publish(model.Sale{ID: 1, Version: c.after}) }
		require.NoError(t, r.compare(t.Context()))
		assert.Equal(t, c.listed, source.listed, name)
		assert.NoError(t, r.hub.freshLocked(), name)
	}

	// What is under way may hide what was missed, but not for long.
	source := &table{row: model.Sale{ID: 1, Version: 1}}
	r := relayOn(source, source.row)
	source.asked = func() {
		source.row.Version++
		r.hub.Publish(source.row)
	}
	for range 2 * maxUncertain {
		require.NoError(t, r.compare(t.Context()))
	}
	assert.Equal(t, 2, source.listed)
}

// TestASyncReadsTheClock even where there is no sale: this machine's own may be far ahead of the database's.
func TestASyncReadsTheClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := relayOn(&empty{})
		require.NoError(t, r.Sync(t.Context()))
		assert.Equal(t, time.Hour, time.Since(r.clock.Now()))
	})
}

// TestASyncWakesOnce, and only for news.
func TestASyncWakesOnce(t *testing.T) {
	t.Parallel()
	h := NewHub(&Clock{})
	_, _, changed := h.look(0)
	sales := many(10)
	h.sync(sales, slices.Values([]model.SaleID{}))
	select {
	case <-changed:
	default:
		assert.Fail(t, "nobody was woken")
	}
	_, _, changed = h.look(0)
	h.sync(sales, slices.Values([]model.SaleID{}))
	select {
	case <-changed:
		assert.Fail(t, "woken for nothing")
	default:
	}
}

func many(n int) []model.Sale {
	all := make([]model.Sale, n)
	for i := range all {
		all[i] = model.Sale{ID: model.SaleID(i + 1), Version: 1, Stock: 1000, StartsAt: time.Now().Add(time.Duration(i) * time.Hour)}
	}
	return all
}

// BenchmarkPublish is what a commit pays, among so many sales.
func BenchmarkPublish(b *testing.B) {
	for _, n := range []int{1, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			h := NewHub(&Clock{})
			h.sync(many(n), slices.Values([]model.SaleID{}))
			sale := h.sale(1)
			for b.Loop() {
				sale.Version++
				h.Publish(sale)
			}
		})
	}
}

// BenchmarkFirstSync reads as many sales as there may be.
func BenchmarkFirstSync(b *testing.B) {
	sales := many(10_000)
	for b.Loop() {
		NewHub(&Clock{}).sync(sales, slices.Values([]model.SaleID{}))
	}
}
