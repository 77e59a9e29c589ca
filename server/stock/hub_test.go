package stock_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/model"
	"stampede/server/stock"
)

// These tests live in the bubbles of synctest: their time is the bubble's own, and a Sleep in one passes as soon as
// everybody in it waits.

func lamp(version int64, sold int) model.Sale {
	return model.Sale{ID: 1, Stock: 100, Sold: sold, Version: version, StartsAt: time.Now().Add(-time.Minute)}
}

// hub runs in the bubble of a synctest until ctx ends.
func hub(ctx context.Context) *stock.Hub {
	h := stock.NewHub(&stock.Clock{})
	h.Heard(time.Now())
	go h.Run(ctx)
	return h
}

func TestHubKeepsTheLatestAndDropsWhatIsOld(t *testing.T) {
	t.Parallel()
	h := stock.NewHub(&stock.Clock{})
	h.Heard(time.Now())
	h.Publish(lamp(3, 2))
	h.Publish(lamp(2, 1))
	state, found, err := h.Latest(1)
	require.NoError(t, err)
	assert.True(t, found)
	assert.Equal(t, 2, state.Sold)
	sales, versions := h.Pulse()
	assert.Equal(t, 1, sales)
	assert.Equal(t, int64(3), versions)

	for _, nobodys := range []model.SaleID{0, 2} { // 0 is no name for the current one here
		_, found, err = h.Latest(nobodys)
		require.NoError(t, err)
		assert.False(t, found)
	}
}

func TestHubSaysWhenItKnowsNothingNew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := stock.NewHub(&stock.Clock{})
		h.Publish(lamp(1, 0))
		_, _, err := h.Current()
		assert.Equal(t, model.CodeUnavailable, model.CodeOf(err), "before the database was heard of")
		h.Heard(time.Now())
		time.Sleep(9 * time.Second)
		_, found, err := h.Current()
		require.NoError(t, err)
		assert.True(t, found)
		time.Sleep(2 * time.Second)
		_, known, latest := h.Latest(1)
		assert.True(t, known, "that there was one it can say")
		_, known, _ = h.Latest(2)
		assert.False(t, known)
		_, _, current := h.Current()
		_, all := h.All()
		for _, err := range []error{latest, current, all} {
			assert.Equal(t, model.CodeUnavailable, model.CodeOf(err))
		}
	})
}

func TestWatchSendsThePresentThenTheLatestChange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		h := hub(ctx)
		h.Publish(lamp(1, 0))
		states := h.Watch(ctx, 1)
		assert.Equal(t, 0, (<-states).Sold, "a late joiner gets the present state at once")

		// A slow reader: fifty states come and go while it looks away. None of these calls waits for it.
		for i := 1; i <= 50; i++ {
			h.Publish(lamp(int64(1+i), i))
		}
		synctest.Wait()
		assert.Equal(t, 50, (<-states).Sold, "only the latest")

		time.Sleep(time.Second)
		select {
		case s := <-states:
			t.Errorf("nothing has changed, and yet: %+v", s)
		default:
		}
		cancel()
		_, open := <-states
		assert.False(t, open, "a watch ends with its context")
	})
}

func TestWatchIsPaced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		h := hub(ctx)
		h.Publish(lamp(1, 0))
		states := h.Watch(ctx, 1)
		var got []int
		done := make(chan struct{})
		go func() {
			defer close(done)
			for s := range states {
				if got = append(got, s.Sold); s.Sold == 100 {
					return
				}
			}
		}()
		for i := 1; i <= 100; i++ {
			time.Sleep(10 * time.Millisecond)
			h.Publish(lamp(int64(1+i), i))
		}
		<-done
		assert.LessOrEqual(t, len(got), 12, "a second of changes is merged to ten")
		assert.GreaterOrEqual(t, len(got), 9)
		assert.Equal(t, 100, got[len(got)-1], "the last one always arrives")
	})
}

// TestTheClockAloneOpensAndEndsASale: subscribers hear of it though nothing was written.
func TestTheClockAloneOpensAndEndsASale(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		h := hub(ctx)
		opens := time.Now().Add(15 * time.Second)
		s := model.Sale{ID: 1, Stock: 1, Version: 1, StartsAt: opens, EndsAt: opens.Add(time.Minute)}
		h.Publish(s)
		states := h.Watch(ctx, 1)

		upcoming := <-states
		assert.Equal(t, model.PhaseUpcoming, upcoming.Phase())
		active := <-states
		assert.Equal(t, model.PhaseActive, active.Phase())
		assert.True(t, time.Now().Equal(opens), "at the moment, not later: %s", time.Since(opens))
		ended := <-states
		assert.Equal(t, model.PhaseEnded, ended.Phase())
		assert.True(t, time.Now().Equal(opens.Add(time.Minute)))
		assert.Greater(t, active.Revision(), upcoming.Revision())
		assert.Greater(t, ended.Revision(), active.Revision())
	})
}

// TestWhatTheClockRepeatsIsAnnounced: the database's clock was set back after a sale had opened, or it turns out to be
// behind this machine's. Whoever comes before the sale opens in earnest is told when it does.
func TestWhatTheClockRepeatsIsAnnounced(t *testing.T) {
	t.Parallel()
	for name, back := range map[string]time.Duration{
		"by far":           time.Hour,
		"noticed too late": 10*time.Second + 500*time.Millisecond, // it opens before the hub looks again
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { opensTwice(t, back) })
		})
	}
}

func opensTwice(t *testing.T, back time.Duration) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	clock := &stock.Clock{}
	h := stock.NewHub(clock)
	h.Publish(model.Sale{ID: 1, Stock: 1, Version: 1, StartsAt: time.Now().Add(time.Minute)})
	go h.Run(ctx)
	time.Sleep(time.Minute + 10*time.Second + 200*time.Millisecond)
	h.Heard(time.Now())
	opened, _, err := h.Latest(1)
	require.NoError(t, err)
	require.Equal(t, model.PhaseActive, opened.Phase())

	stock.SetClock(clock, clock.Now().Add(-back))
	states := h.Watch(ctx, 1)
	upcoming := <-states
	require.Equal(t, model.PhaseUpcoming, upcoming.Phase())
	select {
	case again := <-states:
		assert.Equal(t, model.PhaseActive, again.Phase())
	case <-time.After(2 * time.Hour):
		assert.Fail(t, "it opened, and nobody was told")
	}
}

func TestARescheduledSaleOpensAtItsNewStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		h := hub(ctx)
		s := model.Sale{ID: 1, Stock: 1, Version: 1, StartsAt: time.Now().Add(time.Hour)}
		h.Publish(s)
		states := h.Watch(ctx, 1)
		<-states
		sooner, err := s.Reschedule(time.Now().Add(5*time.Second), time.Time{}, time.Now())
		require.NoError(t, err)
		h.Publish(sooner)
		assert.Equal(t, sooner.StartsAt, (<-states).StartsAt)
		opened := <-states
		assert.Equal(t, model.PhaseActive, opened.Phase())
		assert.True(t, time.Now().Equal(sooner.StartsAt))
	})
}

func TestWatchFollowsTheCurrentSale(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		h := hub(ctx)
		states := h.Watch(ctx, 0) // there is none yet
		first := model.Sale{ID: 1, Stock: 1, Version: 9, StartsAt: time.Now(), EndsAt: time.Now().Add(time.Minute)}
		h.Publish(first)
		assert.Equal(t, model.SaleID(1), (<-states).ID)
		next := model.Sale{ID: 2, Stock: 1, Version: 1, StartsAt: time.Now().Add(time.Hour)}
		h.Publish(next) // not current while the first one is on
		got := <-states
		assert.Equal(t, model.SaleID(2), got.ID, "the first one is over: the next one is what a visitor is shown")
		assert.True(t, time.Now().Equal(first.EndsAt))
	})
}

func TestAllListsTheSoonestFirst(t *testing.T) {
	t.Parallel()
	h := stock.NewHub(&stock.Clock{})
	h.Heard(time.Now())
	for id, minutes := range map[model.SaleID]int{1: 30, 2: 10, 3: 20, 4: 10} {
		h.Publish(model.Sale{ID: id, Version: 1, StartsAt: time.Unix(0, 0).Add(time.Duration(minutes) * time.Minute)})
	}
	all, err := h.All()
	require.NoError(t, err)
	var ids []model.SaleID
	for s := range all {
		ids = append(ids, s.ID)
	}
	assert.Equal(t, []model.SaleID{2, 4, 3, 1}, ids)
}
