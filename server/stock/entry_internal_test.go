package stock

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/model"
)

// TestAllIsInOrder, whatever was published, moved, read or lost.
func TestAllIsInOrder(t *testing.T) {
	t.Parallel()
	h := NewHub(&Clock{})
	h.Heard(time.Now())
	rng := rand.New(rand.NewPCG(3, 4))
	const ids = 12
	want := anySales{}
	for step := range 2000 {
		if rng.IntN(4) > 0 {
			h.Publish(want.next(rng, ids))
		} else {
			want.syncInto(h, rng, ids)
		}
		all, err := h.All()
		require.NoError(t, err)
		var got []model.Sale
		for state := range all {
			got = append(got, state.Sale)
		}
		require.Equal(t, slices.SortedFunc(maps.Values(want), func(a, b model.Sale) int {
			return cmp.Or(a.StartsAt.Compare(b.StartsAt), cmp.Compare(a.ID, b.ID))
		}), got, "step %d", step)
	}
}

// TestWhoLooksThroughAllCopiesNone: anybody may ask for the ten that come next, of ten thousand.
func TestWhoLooksThroughAllCopiesNone(t *testing.T) { //nolint:paralleltest // it counts the bytes of the whole process
	h := NewHub(&Clock{})
	h.Heard(time.Now())
	h.sync(many(10_000), slices.Values([]model.SaleID{}))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	all, err := h.All()
	seen := 0
	for state := range all {
		seen += min(1, int(state.ID))
	}
	runtime.ReadMemStats(&after)
	require.NoError(t, err)
	assert.Equal(t, 10_000, seen)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(100_000), "bytes")
}

// TestReadersShareOneOrder: a commit makes no new one, and what makes a new one leaves the old one as it was. So
// readers need no lock.
func TestReadersShareOneOrder(t *testing.T) {
	t.Parallel()
	sales := many(3)
	changed := func(change func(*model.Sale)) func(*Hub) {
		sale := sales[0]
		sale.Version++
		change(&sale)
		return func(h *Hub) { h.Publish(sale) }
	}
	for name, c := range map[string]struct {
		change func(*Hub)
		want   []model.SaleID
		shared bool
	}{
		"a commit":      {changed(func(s *model.Sale) { s.Sold++ }), []model.SaleID{1, 2, 3}, true},
		"another end":   {changed(func(s *model.Sale) { s.EndsAt = s.StartsAt.Add(time.Hour) }), []model.SaleID{1, 2, 3}, true},
		"old news":      {func(h *Hub) { h.Publish(sales[0]) }, []model.SaleID{1, 2, 3}, true},
		"another start": {changed(func(s *model.Sale) { s.StartsAt = s.StartsAt.AddDate(1, 0, 0) }), []model.SaleID{2, 3, 1}, false},
		"a new sale":    {func(h *Hub) { h.Publish(model.Sale{ID: 4, Version: 1}) }, []model.SaleID{4, 1, 2, 3}, false},
		"a lost sale":   {func(h *Hub) { h.sync(nil, slices.Values([]model.SaleID{2})) }, []model.SaleID{1, 3}, false},
	} {
		h := NewHub(&Clock{})
		h.sync(sales, slices.Values([]model.SaleID{}))
		before := h.list()
		entries := slices.Clone(before)
		starts := startsOf(before)
		c.change(h)
		after := h.list()
		assert.Equal(t, c.shared, &before[0] == &after[0], name)
		assert.Equal(t, entries, before, name)
		assert.Equal(t, starts, startsOf(before), "%s: who still reads the old order sees it sorted", name)
		var ids []model.SaleID
		for sale := range salesOf(slices.Values(after)) {
			ids = append(ids, sale.ID)
		}
		assert.Equal(t, c.want, ids, name)
	}
}

func startsOf(entries []*entry) []time.Time {
	starts := make([]time.Time, len(entries))
	for i, e := range entries {
		starts[i] = e.sale.Load().StartsAt
	}
	return starts
}
