package judge_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"stampede/stress/judge"
)

// TestAWatcherMayLeave lets one go by their own will before the end, and one come back when much has happened.
func TestAWatcherMayLeave(t *testing.T) {
	t.Parallel()
	h := right()
	h.Events, h.Watchers[0] = h.Events[:3], judge.Watcher{Leaves: true}
	v := judge.Judge(h)
	assert.Empty(t, v.Names())
	h = right()
	h.Events = slices.Delete(h.Events, 2, 4)
	h.Events[2].Epoch, h.Watchers[0].Leaves = 1, true
	v = judge.Judge(h)
	assert.Empty(t, v.Names())
	assert.Len(t, v.Lags, 1, "what was sold while they were away is no news")
}

// TestNobodyIsToldByAServerThatIsKilled: for as long as one is not back, a watcher may hear later.
func TestNobodyIsToldByAServerThatIsKilled(t *testing.T) {
	t.Parallel()
	h := right()
	before := judge.Judge(h)
	worst := slices.MaxFunc(before.Lags, func(a, b judge.Lag) int { return int(a.Lag - b.Lag) })
	h.WatchLimit = worst.Lag - 2*ms
	late := judge.Judge(h)
	assert.Equal(t, []string{judge.WatchersLearn}, late.Names())
	h.Outages = []judge.Outage{{From: worst.At - 2*ms, To: worst.At + time.Second}}
	forgiven := judge.Judge(h)
	assert.Empty(t, forgiven.Names())
	h.Outages[0].Alone = true
	its := judge.Judge(h)
	assert.Empty(t, its.Names(), "it was the watcher's own server")
	h.Outages[0].Target = 1
	others := judge.Judge(h)
	assert.Equal(t, []string{judge.WatchersLearn}, others.Names(), "the watcher's own server lived")
	h.Outages[0].Alone = false
	h.Outages[0].To = judge.Never
	failed := judge.Judge(h)
	assert.Empty(t, failed.Names(), "who was not brought back may come back by themselves")
	h.Outages = []judge.Outage{{From: worst.At - ms, To: worst.At}, {From: worst.At, To: worst.At + time.Second}}
	tooShort := judge.Judge(h)
	assert.Equal(t, []string{judge.WatchersLearn}, tooShort.Names())
}

// TestHowLongTheOthersAreHeldUp by a server that is away.
func TestHowLongTheOthersAreHeldUp(t *testing.T) {
	t.Parallel()
	h := judge.History{Attempts: []judge.Attempt{
		{Target: 0, Sent: 90 * ms, Received: 130 * ms}, // it was asked before
		{Target: 0, Sent: 100 * ms, Received: 107 * ms},
		{Target: 0, Sent: 199 * ms, Received: 205 * ms},
		{Target: 0, Sent: 200 * ms, Received: 290 * ms},
		{Target: 1, Sent: 150 * ms, Received: 201 * ms}, // its own server was away
	}}
	assert.Zero(t, h.Beside())
	h.Outages = []judge.Outage{{From: 100 * ms, To: 200 * ms, Target: 1, Alone: true}}
	assert.Equal(t, 7*ms, h.Beside())
	h.Outages[0].Alone = false
	assert.Zero(t, h.Beside(), "all may have been away")
}

// TestALagIsForgivenBetweenServers allows a refusal to come from a server that has not heard of a restock.
func TestALagIsForgivenBetweenServers(t *testing.T) {
	t.Parallel()
	h := right()
	h.Attempts[5].Sent, h.Attempts[5].Received = 242*ms, 250*ms
	h.Lag = 50 * ms
	v := judge.Judge(h)
	assert.Empty(t, v.Names())
	h.Lag = ms
	v = judge.Judge(h)
	assert.Equal(t, []string{judge.NoFalseSoldOut}, v.Names())
}

// TestAChangeInDoubtIsForgiven lets a restock and a pause fail: they may have been made at any time, or never.
func TestAChangeInDoubtIsForgiven(t *testing.T) {
	t.Parallel()
	restocked, held := right(), right()
	restocked.Changes = append(restocked.Changes,
		judge.Change{Kind: judge.Restock, Add: 5, Sent: 700 * ms, Received: judge.Never, InDoubt: true})
	v := judge.Judge(restocked)
	assert.Empty(t, v.Names(), "never")
	restocked.Final.States[0].Stock, restocked.Final.States[0].Left = 9, 5
	restocked.Watchers[0].Leaves, restocked.Watchers[0].Stayed = true, false
	restocked.Final.States[0].Revision++
	restocked.Final.States[0].Phase = judge.Active
	v = judge.Judge(restocked)
	assert.Empty(t, v.Names(), "after all")
	restocked.Final.States[0].Stock, restocked.Final.States[0].Left = 10, 6
	v = judge.Judge(restocked)
	assert.Equal(t, []string{judge.CountIsTheList}, v.Names(), "but not more")

	held.Changes = append(held.Changes, judge.Change{Kind: judge.Pause, Sent: 700 * ms, Received: judge.Never, InDoubt: true})
	held.Attempts = append(held.Attempts, attempt(3, 2, 750, 760, judge.NotActive))
	held.LinearLimit = 0
	v = judge.Judge(held)
	assert.Empty(t, v.Names())
	held.Attempts[len(held.Attempts)-1] = attempt(3, 2, 650, 660, judge.NotActive)
	v = judge.Judge(held)
	assert.Equal(t, []string{judge.RefusalsAreTrue}, v.Names(), "before it was asked for")
}

// TestHalfAMillisecondIsForgiven: the dates of the list come in whole ones, cut off.
func TestHalfAMillisecondIsForgiven(t *testing.T) {
	t.Parallel()
	h := right()
	h.StartsAt += 500 * time.Microsecond
	h.Final.Purchase[0].At = 100 * ms
	v := judge.Judge(h)
	assert.Empty(t, v.Names())
	h.Final.Purchase[0].At = 99 * ms
	v = judge.Judge(h)
	assert.Equal(t, []string{judge.OnlyWhileOpen}, v.Names())
}

// TestAnOlderStateIsForgivenBetweenServers lets a watcher come back to a server that has not heard of the last event.
func TestAnOlderStateIsForgivenBetweenServers(t *testing.T) {
	t.Parallel()
	h := right()
	again := h.Events[2]
	again.Received = 246 * ms
	h.Events = slices.Insert(h.Events, 4, again)
	v := judge.Judge(h)
	assert.Equal(t, []string{judge.StockMovesOn}, v.Names(), "on one connection")
	h.Lag = time.Second
	v = judge.Judge(h)
	assert.Equal(t, []string{judge.StockMovesOn}, v.Names(), "on one connection, whatever the lag")
	h.Events[4].Epoch, h.Events[5].Epoch, h.Watchers[0].Cuts = 1, 1, 1
	v = judge.Judge(h)
	assert.Empty(t, v.Names())
	assert.Len(t, v.Lags, 3, "what they knew is no news")
	h.Lag = 0
	v = judge.Judge(h)
	assert.Equal(t, []string{judge.StockMovesOn}, v.Names(), "on one server")
}
