package model_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"stampede/model"
)

func TestPhaseAt(t *testing.T) {
	t.Parallel()
	at := func(seconds int) time.Time { return opening.Add(time.Duration(seconds) * time.Second) }
	base := model.Sale{Stock: 2, StartsAt: at(0), EndsAt: at(60)}
	cases := map[string]struct {
		change func(*model.Sale)
		now    time.Time
		want   model.Phase
	}{
		"before the start":          {now: at(-1), want: model.PhaseUpcoming},
		"at the start":              {now: at(0), want: model.PhaseActive},
		"a moment before the end":   {now: at(60).Add(-1), want: model.PhaseActive},
		"at the end":                {now: at(60), want: model.PhaseEnded},
		"nothing left":              {func(s *model.Sale) { s.Sold = 2 }, at(1), model.PhaseSoldOut},
		"nothing left, then over":   {func(s *model.Sale) { s.Sold = 2 }, at(61), model.PhaseEnded},
		"paused":                    {func(s *model.Sale) { s.PausedAt = at(1) }, at(2), model.PhasePaused},
		"paused before the start":   {func(s *model.Sale) { s.PausedAt = at(-5) }, at(-2), model.PhasePaused},
		"paused with nothing left":  {func(s *model.Sale) { s.PausedAt, s.Sold = at(1), 2 }, at(2), model.PhasePaused},
		"paused, then over":         {func(s *model.Sale) { s.PausedAt = at(1) }, at(60), model.PhaseEnded},
		"ended by hand":             {func(s *model.Sale) { s.EndedAt = at(5) }, at(5), model.PhaseEnded},
		"ended before the start":    {func(s *model.Sale) { s.EndedAt = at(-5) }, at(-1), model.PhaseEnded},
		"without an end, years on":  {func(s *model.Sale) { s.EndsAt = time.Time{} }, at(1 << 30), model.PhaseActive},
		"restocked after sold out":  {func(s *model.Sale) { s.Sold, s.Stock = 2, 3 }, at(1), model.PhaseActive},
		"sold out before the start": {func(s *model.Sale) { s.Sold = 2 }, at(-1), model.PhaseUpcoming},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sale := base
			if c.change != nil {
				c.change(&sale)
			}
			assert.Equal(t, c.want, sale.PhaseAt(c.now))
			state := model.State{Sale: sale, At: c.now}
			assert.Equal(t, c.want, state.Phase())
		})
	}
}

// TestRevisionsNeverRepeat walks a sale through time and operators' changes: whenever what a client sees of it
// changes, its revision has grown.
func TestRevisionsNeverRepeat(t *testing.T) {
	t.Parallel()
	type seen struct {
		phase       model.Phase
		stock, sold int
	}
	rapid.Check(t, func(t *rapid.T) {
		now := opening.Add(-20 * time.Second)
		sale, err := model.Schedule(model.Plan{
			Product: model.Product{SKU: "s", Name: "n"}, Stock: 3, StartsAt: opening, EndsAt: opening.Add(20 * time.Second),
		}, now)
		require.NoError(t, err)
		last := seen{sale.PhaseAt(now), sale.Stock, sale.Sold}
		revision := sale.RevisionAt(now)
		for range 12 {
			now = now.Add(time.Duration(rapid.IntRange(0, 8000).Draw(t, "ms")) * time.Millisecond)
			change := rapid.SampledFrom([]model.Change{
				func(s model.Sale, _ time.Time) (model.Sale, error) { return s, nil },
				model.Sale.Pause, model.Sale.Resume,
				func(s model.Sale, now time.Time) (model.Sale, error) { return s.Restock(1, now) },
				func(s model.Sale, now time.Time) (model.Sale, error) {
					return s.Reschedule(now.Add(5*time.Second), now.Add(9*time.Second), now)
				},
				func(s model.Sale, now time.Time) (model.Sale, error) {
					return model.Decide(s, nil, []model.Order{{ShopperID: "x"}}, now).Sale, nil
				},
			}).Draw(t, "change")
			if changed, err := change(sale, now); err == nil {
				sale = changed
			}
			present := seen{sale.PhaseAt(now), sale.Stock, sale.Sold}
			if present != last {
				require.Greater(t, sale.RevisionAt(now), revision)
			}
			require.GreaterOrEqual(t, sale.RevisionAt(now), revision)
			last, revision = present, sale.RevisionAt(now)
		}
	})
}

func TestRevisionFitsAGraphQLInt(t *testing.T) {
	t.Parallel()
	sale := model.Sale{Stock: model.MaxStock, Version: model.MaxStock + 1000, StartsAt: opening, EndsAt: opening.Add(1)}
	assert.LessOrEqual(t, sale.RevisionAt(opening.Add(2)), int64(1<<31-1))
}

func TestNextChangeAfter(t *testing.T) {
	t.Parallel()
	end := opening.Add(time.Minute)
	sale := model.Sale{StartsAt: opening, EndsAt: end}
	assert.Equal(t, opening, sale.NextChangeAfter(opening.Add(-1)))
	assert.Equal(t, end, sale.NextChangeAfter(opening))
	assert.True(t, sale.NextChangeAfter(end).IsZero())
	endless := model.Sale{StartsAt: opening}
	assert.True(t, endless.NextChangeAfter(opening).IsZero(), "no end, nothing to come")
}

func TestCurrent(t *testing.T) {
	t.Parallel()
	now := opening
	at := func(minutes int) time.Time { return opening.Add(time.Duration(minutes) * time.Minute) }
	active := model.Sale{ID: 1, Stock: 1, StartsAt: at(-10)}
	activeLater := model.Sale{ID: 2, Stock: 1, StartsAt: at(-5)}
	soldOut := model.Sale{ID: 3, Stock: 1, Sold: 1, StartsAt: at(-1)}
	paused := model.Sale{ID: 4, Stock: 1, StartsAt: at(-30), PausedAt: at(-20)}
	next := model.Sale{ID: 5, Stock: 1, StartsAt: at(5)}
	afterNext := model.Sale{ID: 6, Stock: 1, StartsAt: at(50)}
	over := model.Sale{ID: 7, Stock: 1, StartsAt: at(-90), EndsAt: at(-80)}
	overByHand := model.Sale{ID: 8, Stock: 1, StartsAt: at(-100), EndedAt: at(-70)}
	pausedBefore := model.Sale{ID: 9, Stock: 1, StartsAt: at(60), PausedAt: at(-1)}

	cases := map[string]struct {
		sales []model.Sale
		want  model.SaleID
	}{
		"the active one":           {[]model.Sale{next, over, active, soldOut}, active.ID},
		"the one that opened last": {[]model.Sale{active, activeLater}, activeLater.ID},
		"sold out is still on":     {[]model.Sale{next, soldOut, over}, soldOut.ID},
		"paused is still on":       {[]model.Sale{next, paused}, paused.ID},
		"else the next upcoming":   {[]model.Sale{afterNext, over, next}, next.ID},
		"else the last that ended": {[]model.Sale{over, overByHand}, overByHand.ID},
		"the same start: the last that ended": {[]model.Sale{
			{ID: 1, StartsAt: at(-9), EndsAt: at(-1)}, {ID: 2, StartsAt: at(-9), EndsAt: at(-5)}, {ID: 3, StartsAt: at(-7), EndsAt: at(-3)},
		}, 1},
		"paused before it opens waits its turn":  {[]model.Sale{pausedBefore, next}, next.ID},
		"the same start: the one scheduled last": {[]model.Sale{{ID: 1, StartsAt: at(5)}, {ID: 2, StartsAt: at(5)}}, 2},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 2 { // in either order
				got, found := model.Current(slices.Values(c.sales), now)
				assert.True(t, found)
				assert.Equal(t, c.want, got.ID)
				slices.Reverse(c.sales)
			}
		})
	}
	_, found := model.Current(slices.Values([]model.Sale{}), now)
	assert.False(t, found)
}
