package main

import (
	"bytes"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/stress/judge"
	"stampede/stress/load"
	"stampede/stress/report"
)

// played is what a run left behind, whatever its exit code.
type played struct {
	*report.Result
	code             int
	said, complained string
	numbers          string // the file
}

// rehearse plays one run like play does, and expects a report.
func rehearse(t *testing.T, s *wrongShop, args ...string) played {
	t.Helper()
	numbers := filepath.Join(t.TempDir(), "run.json")
	all := append([]string{"run"}, args...)
	all = append(all, "-target", openShop(t, s, 1)[0], "-auth-secret", "s", "-report", "-", "-json", numbers)
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), all, &stdout, &stderr)
	result, err := report.Read(numbers)
	require.NoError(t, err, "%s%s", &stderr, &stdout)
	return played{result, code, stdout.String(), stderr.String(), numbers}
}

// TestAServerThatStopsSelling is busy for good once half of the stock is sold.
func TestAServerThatStopsSelling(t *testing.T) {
	t.Parallel()
	r := rehearse(t, &wrongShop{bug: wedges},
		"rush", "-shoppers", "50", "-stock", "20", "-watchers", "0", "-patience", "200ms")
	assert.Equal(t, exitBroken, r.code)
	assert.Equal(t, []string{judge.EveryoneAnswered}, brokenIn(r.Result))
	assert.Equal(t, 10, r.Summary.Sold)
	assert.Equal(t, map[string]int{"busy": 40}, r.Summary.Unanswered)
	assert.Contains(t, r.said, "40 of 50 shoppers got no answer, and are in no latency. Their last words: 40 busy.")
}

// TestWhatWasOffered counts from the first arrival to the last, also when those who came late got no answer.
func TestWhatWasOffered(t *testing.T) {
	t.Parallel()
	r := rehearse(t, &wrongShop{bug: wedges}, "steady", "-rate", "100", "-duration", "1s", "-stock", "40", "-watchers", "0",
		"-patience", "200ms")
	assert.InDelta(t, 100, r.Summary.Offered, 10)
}

// TestAServerThatNeverSells lets nobody hear anything but that it is busy: that proves nothing.
func TestAServerThatNeverSells(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"whoever has patience": {"rush", "-shoppers", "5", "-stock", "2", "-watchers", "0", "-patience", "100ms"},
		"whoever asks once":    {"window", "-rate", "10", "-duration", "300ms", "-watchers", "0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rehearse(t, &wrongShop{bug: neverSells}, args...)
			assert.Equal(t, exitFailed, r.code)
			assert.False(t, r.Kept)
			assert.Contains(t, r.said, "Nobody got an answer: there was nothing to judge.")
			code, _, _ := terminal(t, "compare", r.numbers, r.numbers)
			assert.Equal(t, exitFailed, code, "nor is there anything to compare")
		})
	}
}

// TestWatchersWhoAreHungUpOn come back after each event, and know the truth in the end: that is no more than a warning.
func TestWatchersWhoAreHungUpOn(t *testing.T) {
	t.Parallel()
	r := rehearse(t, &wrongShop{bug: hangsUp}, "rush", "-shoppers", "20", "-stock", "10", "-watchers", "3")
	assert.Equal(t, exitKept, r.code, r.said)
	assert.GreaterOrEqual(t, r.Summary.WatcherCuts, 3)
	assert.Contains(t, r.said, "Watchers lost their connection, or got none, ")
}

// TestAListThatCannotBeReadAtOnce is asked for again: a run must not be lost for a moment's trouble at its end.
func TestAListThatCannotBeReadAtOnce(t *testing.T) {
	t.Parallel()
	r := rehearse(t, &wrongShop{broken: 2}, "rush", "-shoppers", "20", "-stock", "10", "-watchers", "0")
	assert.Equal(t, exitKept, r.code, r.said)
	r = rehearse(t, &wrongShop{broken: 1 << 30}, "rush", "-shoppers", "20", "-stock", "10", "-watchers", "0", "-patience", "200ms")
	assert.Equal(t, exitFailed, r.code, r.said)
	assert.True(t, r.Unread)
}

// TestWhereThereIsNoRate none is said to have been offered: the clients of mixed ask as fast as it goes.
func TestWhereThereIsNoRate(t *testing.T) {
	t.Parallel()
	r := rehearse(t, &wrongShop{}, "mixed", "-clients", "2", "-operations", "20", "-watchers", "0")
	assert.Zero(t, r.Summary.Offered)
	assert.NotContains(t, r.said, "offered")
}

// TestWatchersWhoComeAndGo come again, also when they need longer for the way in than they stay.
func TestWatchersWhoComeAndGo(t *testing.T) {
	t.Parallel()
	for name, way := range map[string]time.Duration{"near": 0, "afar": 200 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shop := &wrongShop{way: way}
			r := rehearse(t, shop, small["clients-that-leave"]...)
			assert.Equal(t, exitKept, r.code, r.said)
			assert.Positive(t, r.Summary.Sold)
			shop.mu.Lock()
			defer shop.mu.Unlock()
			assert.Greater(t, shop.visits, 6, "of six watchers")
		})
	}
}

// TestAnOperatorWhoFails is refused a restock under way: what had happened by then is judged, and the sale is ended.
func TestAnOperatorWhoFails(t *testing.T) {
	t.Parallel()
	for planted, code := range map[bug]int{none: exitFailed, miscounts: exitBroken} {
		t.Run("server "+string(planted), func(t *testing.T) {
			t.Parallel()
			shop := &wrongShop{bug: planted, refusing: make(chan struct{})}
			shop.onSale = func(n int) {
				if n == 12 { // by one connection, so that eleven have their answer
					close(shop.refusing)
				}
			}
			r := rehearse(t, shop,
				"restock", "-rate", "200", "-duration", "3s", "-stock", "20", "-connections", "1", "-watchers", "0")
			assert.Equal(t, code, r.code)
			assert.False(t, r.Kept)
			assert.Contains(t, r.Failure, "restockSale: the server answers 500")
			assert.Contains(t, r.said, "! The run was not played to its end: restockSale")
			assert.Equal(t, planted != none, len(brokenIn(r.Result)) > 0, r.said)
			shop.mu.Lock()
			defer shop.mu.Unlock()
			assert.True(t, shop.ended)
		})
	}
}

// TestDoubtThatLasts leaves no time to settle it: the list is read and judged all the same.
func TestDoubtThatLasts(t *testing.T) {
	t.Parallel()
	mixed, err := scenario("mixed")
	require.NoError(t, err)
	c := runCommand{
		Target: openWrong(t, neverKnows, 1), AuthSecret: "s", Seed: 1, Clients: new(2), Operations: new(20), Watchers: new(int),
		Patience: time.Hour,
	}
	cfg, err := c.config(t.Context(), mixed)
	require.NoError(t, err)
	cfg.SettleLimit = 50 * time.Millisecond
	record, err := load.Play(t.Context(), cfg)
	require.NoError(t, err)
	verdict := judge.Judge(&record.History)
	assert.Equal(t, []string{judge.DoubtIsSettled}, brokenIn(&report.Result{Promises: verdict.Promises}))
}
