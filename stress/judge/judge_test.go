package judge_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/stress/judge"
)

const ms = time.Millisecond

// attempt is one of a shopper with a key, sent and answered at those milliseconds.
func attempt(shopper, key int32, sent, received int, result judge.Result) judge.Attempt {
	at := judge.Moment(sent) * ms
	return judge.Attempt{
		Shopper: shopper, Key: key, Result: result, Due: at, Sent: at, Received: judge.Moment(received) * ms,
	}
}

func bought(a judge.Attempt, ordinal int32, replayed bool) judge.Attempt {
	a.Result, a.Ordinal, a.Replayed = judge.Bought, ordinal, replayed
	return a
}

func state(sold, stock int, revision int64) judge.State {
	phase := judge.Active
	if sold == stock {
		phase = judge.SoldOutSale
	}
	return judge.State{Phase: phase, Stock: stock, Sold: sold, Left: stock - sold, Revision: revision}
}

// right is a short sale that keeps every promise: three units, then one more, a pause, a lost answer, a watcher.
func right() *judge.History {
	none := judge.Busy
	already := attempt(0, 2, 130, 140, judge.AlreadyPurchased)
	already.Ordinal = 1
	return &judge.History{
		Rules: judge.Rules{
			Stock: 3, StartsAt: 100 * ms, EndsAt: 900 * ms, ClockError: 2 * ms, WatchLimit: 100 * ms,
			LinearLimit: 100, SearchLimit: 10 * time.Second,
		},
		Shoppers: 7, Targets: 1,
		Attempts: []judge.Attempt{
			attempt(0, 1, 80, 90, judge.NotActive),          // 0 too early
			bought(attempt(0, 1, 110, 120, none), 1, false), // 1
			already, // 2
			attempt(1, 1, 150, 170, judge.Unanswered),       // 3 had bought number 2
			bought(attempt(2, 1, 180, 190, none), 3, false), // 4
			attempt(3, 1, 200, 210, judge.SoldOut),          // 5
			attempt(4, 1, 205, 215, judge.Unanswered),       // 6 had not bought
			bought(attempt(5, 1, 260, 270, none), 4, false), // 7 after the restock
			attempt(6, 1, 310, 320, judge.NotActive),        // 8 on hold
			bought(attempt(0, 1, 400, 410, none), 1, true),  // 9
			bought(attempt(1, 1, 500, 510, none), 2, true),  // 10 settled
			attempt(4, 1, 500, 511, judge.SoldOut),          // 11 settled
			attempt(6, 1, 950, 960, judge.NotActive),        // 12 too late
			attempt(6, 1, 405, 406, judge.Throttled),        // 13
		},
		Changes: []judge.Change{
			{Kind: judge.Restock, Add: 1, Sent: 230 * ms, Received: 240 * ms},
			{Kind: judge.Pause, Sent: 290 * ms, Received: 300 * ms},
			{Kind: judge.Resume, Sent: 330 * ms, Received: 340 * ms},
		},
		Wishes: 2,
		Reads:  []judge.Read{{Sent: 350 * ms, Received: 360 * ms, State: state(4, 4, 20)}},
		Events: []judge.Event{
			{Received: 105 * ms, State: state(0, 3, 1)},
			{Received: 125 * ms, State: state(1, 3, 5)},
			{Received: 195 * ms, State: state(3, 3, 9)},
			{Received: 245 * ms, State: state(3, 4, 13)},
			{Received: 355 * ms, State: state(4, 4, 20)},
		},
		Watchers: []judge.Watcher{{Stayed: true}},
		Final: judge.Final{
			States: []judge.State{state(4, 4, 20)}, Sent: 800 * ms, Received: 810 * ms, Total: 4, Counted: &[2]int{4, 4},
			Purchase: []judge.Listed{{1, 0, 115 * ms}, {2, 1, 160 * ms}, {3, 2, 185 * ms}, {4, 5, 265 * ms}},
		},
	}
}

func TestARightSaleKeepsEveryPromise(t *testing.T) {
	t.Parallel()
	v := judge.Judge(right())
	assert.Empty(t, v.Names())
	assert.True(t, v.Kept())
	for _, p := range v.Promises {
		assert.Positive(t, p.Checked, "%s is put to the test", p.Name)
		assert.NotEmpty(t, p.Says)
	}
	assert.Equal(t, "Ok", v.Search)
	assert.Contains(t, string(v.Picture), "<html", "the search's picture is a page")
	require.Len(t, v.Lags, 3)
	assert.Equal(t, 10*ms, v.Lags[0].Lag, "from the purchase to the watcher")
	assert.Equal(t, 35*ms, v.Lags[1].Lag, "the oldest of two that came in one event")
}

// TestEachPromiseIsBrokenByItself changes the right sale a little, and lists all promises that this breaks, except that
// no order explains it, which follows from many.
func TestEachPromiseIsBrokenByItself(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(h *judge.History)
		breaks []string
	}{
		"a number that there is no unit for": {
			func(h *judge.History) {
				h.Attempts[5] = bought(h.Attempts[5], 4, false)
				h.Final.Purchase = slices.Insert(h.Final.Purchase, 3, judge.Listed{Ordinal: 4, Shopper: 3, At: 205 * ms})
				h.Final.Purchase[4].Ordinal, h.Attempts[7].Ordinal = 5, 5
				h.Final.Total, h.Final.Counted = 5, nil
				h.Final.States[0].Sold = 5
				h.Events[4].State, h.Reads[0].State = h.Final.States[0], h.Final.States[0]
			},
			[]string{judge.NeverOversold, judge.StockAddsUp, judge.WatchersLearn},
		},
		"a shopper who is in the list twice": {
			func(h *judge.History) { h.Final.Purchase[3].Shopper = 0; h.Attempts[7].Shopper = 0 },
			[]string{judge.OnePerShopper, judge.SameKeySame},
		},
		"a confirmed purchase that is gone": {
			func(h *judge.History) {
				h.Final.Purchase = h.Final.Purchase[:3]
				h.Final.Total, h.Final.Counted, h.Final.States[0] = 3, nil, state(3, 4, 20)
				h.Events[4].State, h.Reads[0].State = h.Final.States[0], h.Final.States[0]
				h.Attempts[11].Result = judge.NotActive
				h.Attempts[11].Sent, h.Attempts[11].Received = 910*ms, 920*ms
			},
			[]string{judge.ConfirmedIsKept},
		},
		"a confirmed purchase under another number": {
			func(h *judge.History) { h.Attempts[7].Ordinal = 3; h.Attempts[4].Ordinal = 4 },
			[]string{judge.NeverOversold, judge.ConfirmedIsKept, judge.OrderIsRealTime},
		},
		"a purchase of somebody who was refused": {
			func(h *judge.History) { h.Final.Purchase[3].Shopper = 3; h.Attempts[7].Result = judge.Busy },
			[]string{judge.ListedWasAsked},
		},
		"a purchase of a stranger": {
			func(h *judge.History) { h.Final.Purchase[3].Shopper = -1; h.Attempts[7].Result = judge.Busy },
			[]string{judge.ListedWasAsked},
		},
		"a gap": {
			func(h *judge.History) { h.Final.Purchase[3].Ordinal = 5; h.Attempts[7].Ordinal = 5 },
			[]string{judge.NeverOversold, judge.OrdinalsNoGaps},
		},
		"a lower number for somebody who asked later": {
			func(h *judge.History) {
				h.Final.Purchase[2], h.Final.Purchase[3] = judge.Listed{Ordinal: 3, Shopper: 5, At: 185 * ms},
					judge.Listed{Ordinal: 4, Shopper: 2, At: 265 * ms}
				h.Attempts[4].Ordinal, h.Attempts[7].Ordinal = 4, 3
			},
			[]string{judge.NeverOversold, judge.OrderIsRealTime, judge.NoFalseSoldOut},
		},
		"sold out while two are left": {
			func(h *judge.History) { h.Attempts[5].Sent, h.Attempts[5].Received = 140*ms, 145*ms },
			[]string{judge.NoFalseSoldOut},
		},
		"sold out after more has arrived": {
			func(h *judge.History) { h.Attempts[5].Sent, h.Attempts[5].Received = 242*ms, 250*ms },
			[]string{judge.NoFalseSoldOut},
		},
		"an earlier purchase that is another's": {
			func(h *judge.History) { h.Attempts[2].Ordinal = 2 },
			[]string{judge.RefusalsAreTrue},
		},
		"not active while it was": {
			func(h *judge.History) { h.Attempts[8].Sent, h.Attempts[8].Received = 350*ms, 360*ms },
			[]string{judge.RefusalsAreTrue},
		},
		"no such sale": {
			func(h *judge.History) { h.Attempts[8].Result = judge.NotFound },
			[]string{judge.RefusalsAreTrue},
		},
		"sold out to one who has bought": {
			func(h *judge.History) { h.Attempts[2] = attempt(0, 2, 600, 610, judge.SoldOut) },
			[]string{judge.RefusalsAreTrue},
		},
		"sold before the start": {
			func(h *judge.History) {
				h.Attempts[1].Sent, h.Attempts[1].Received, h.Final.Purchase[0].At = 85*ms, 95*ms, 90*ms
			},
			[]string{judge.OnlyWhileOpen},
		},
		"dated just before the start": {
			func(h *judge.History) { h.Final.Purchase[0].At, h.Attempts[1].Sent = 99*ms, 95*ms },
			[]string{judge.OnlyWhileOpen},
		},
		"dated at the end": {
			func(h *judge.History) {
				h.Attempts[7].Received, h.Final.Purchase[3].At = 905*ms, 901*ms
				h.Attempts[11] = attempt(4, 1, 895, 905, judge.NotActive)
				h.Reads, h.Events[4].Received = nil, 903*ms
				h.Changes = h.Changes[:1]
				h.Attempts[8].Sent, h.Attempts[8].Received = 890*ms, 910*ms
			},
			[]string{judge.OnlyWhileOpen},
		},
		"sold on hold": {
			func(h *judge.History) {
				h.Attempts[7].Sent, h.Attempts[7].Received, h.Final.Purchase[3].At = 310*ms, 320*ms, 315*ms
			},
			[]string{judge.OnlyWhileOpen},
		},
		"dated after the end": {
			func(h *judge.History) { h.Final.Purchase[3].At = 905 * ms; h.Attempts[11].Result = judge.NotActive },
			[]string{judge.RefusalsAreTrue, judge.OnlyWhileOpen},
		},
		"another number for the same key": {
			func(h *judge.History) { h.Attempts[9].Ordinal = 2 },
			[]string{judge.SameKeySame},
		},
		"sold anew for the same key": {
			func(h *judge.History) { h.Attempts[9].Replayed = false },
			[]string{judge.SameKeySame},
		},
		"refused for a key that has bought": {
			func(h *judge.History) {
				h.Attempts[9] = attempt(0, 1, 400, 410, judge.AlreadyPurchased)
				h.Attempts[9].Ordinal = 1
			},
			[]string{judge.SameKeySame},
		},
		"a doubt that nobody settled": {
			func(h *judge.History) { h.Attempts[11].Result = judge.Busy },
			[]string{judge.DoubtIsSettled},
		},
		"a doubt that was settled by a lie": {
			func(h *judge.History) { h.Attempts[10].Result, h.Attempts[10].Ordinal = judge.SoldOut, 0 },
			[]string{judge.DoubtIsSettled},
		},
		"a shopper who asked and asked": {
			func(h *judge.History) {
				h.GivenUp = []judge.GivenUp{{Shopper: 6, Times: 9, Last: judge.Busy, From: 120 * ms, At: 700 * ms}}
			},
			[]string{judge.EveryoneAnswered},
		},
		"a counter of its own mind": {
			func(h *judge.History) { h.Final.Total = 3 },
			[]string{judge.CountIsTheList},
		},
		"a database that counts others": {
			func(h *judge.History) { h.Final.Counted = &[2]int{5, 4} },
			[]string{judge.CountIsTheList},
		},
		"a revision that goes back": {
			func(h *judge.History) { h.Events[2].Revision, h.Events[3].Revision = 13, 9 },
			[]string{judge.StockMovesOn},
		},
		"stock that goes back": {
			func(h *judge.History) { h.Events[3].State, h.WatchLimit = state(2, 4, 13), time.Second },
			[]string{judge.StockMovesOn},
		},
		"two states of one revision": {
			func(h *judge.History) { h.Reads[0].State = state(4, 5, 20) },
			[]string{judge.StockMovesOn},
		},
		"a sum that is wrong": {
			func(h *judge.History) { h.Events[2].Left = 1 },
			[]string{judge.StockAddsUp},
		},
		"a watcher who was told late": {
			func(h *judge.History) {
				h.Events[2].Received, h.Events[3].Received = 290*ms, 300*ms
			},
			[]string{judge.WatchersLearn},
		},
		"a watcher who was not told the end": {
			func(h *judge.History) { h.Events = h.Events[:4] },
			[]string{judge.WatchersLearn},
		},
		"a watcher who was thrown out before the end": {
			func(h *judge.History) { h.Events, h.Watchers[0] = h.Events[:4], judge.Watcher{Cuts: 3} },
			[]string{judge.WatchersLearn},
		},
		"a watcher who was thrown out and came back late": {
			func(h *judge.History) {
				h.Watchers[0] = judge.Watcher{Stayed: true, Cuts: 1}
				h.Events = slices.Delete(h.Events, 2, 4)
				h.Events[2].Epoch = 1
			},
			[]string{judge.WatchersLearn},
		},
		"a watcher who was told nothing": {
			func(h *judge.History) { h.Events = nil },
			[]string{judge.WatchersLearn},
		},
		"a read of the past": {
			func(h *judge.History) { h.Reads[0].State = state(3, 4, 13) },
			[]string{judge.CountIsTheList},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := right()
			c.change(h)
			v := judge.Judge(h)
			broken := slices.DeleteFunc(v.Names(), func(n string) bool { return n == judge.IsLinearizable })
			for i := range v.Promises {
				t.Log(v.Promises[i].Name, strings.Join(v.Promises[i].Examples, "; "))
			}
			assert.ElementsMatch(t, c.breaks, broken)
			assert.NotEmpty(t, v.Names())
		})
	}
}

// TestNotToFindOutIsAFailure gives the search no time at all.
func TestNotToFindOutIsAFailure(t *testing.T) {
	t.Parallel()
	h := right()
	for i := range int32(60) { // at the same time, in any order
		h.Attempts = append(h.Attempts, attempt(7+i, 1, 500, 800, judge.SoldOut))
	}
	h.Shoppers += 60
	h.SearchLimit = 1
	v := judge.Judge(h)
	if v.Search == "Unknown" { // the search may be quicker than the clock's step
		assert.Equal(t, []string{judge.IsLinearizable}, v.Names())
	}
	h.LinearLimit = 10
	v = judge.Judge(h)
	assert.Empty(t, v.Search, "a long history is not searched")
	assert.True(t, v.Kept())
}
