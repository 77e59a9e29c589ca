package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"stampede/stress/report"
)

// TestTheLoadDoesNotLie lets the server stall once, for a third of a second, while everybody arrives through two
// connections. From the first byte nearly all answers are quick; from the intended moment most are slow, for they had
// to wait until it was their turn: that is what shoppers feel, and what has to be shown.
func TestTheLoadDoesNotLie(t *testing.T) {
	t.Parallel()
	const stall = 300 * time.Millisecond
	stalling := func(n int) {
		if n == 10 {
			<-time.After(stall)
		}
	}
	args := []string{
		"steady", "-rate", "100", "-duration", "500ms", "-stock", "1000", "-connections", "2", "-watchers", "0",
	}

	result, _, _ := play(t, openShop(t, &wrongShop{onSale: stalling}, 1), args...)
	s := result.Summary
	assert.Equal(t, 50, s.Attempts)
	assert.Less(t, s.FromSent.P90, 100.0, "the server answered all but two at once")
	assert.Greater(t, s.Latency.P90, 150.0, "and more than a tenth waited for long")
	assert.GreaterOrEqual(t, s.Late, int64(20))
	assert.Zero(t, s.Dropped)
	assert.Contains(t, warnings(result), "starts were more than 10 ms late")

	result, _, _ = play(t, openShop(t, &wrongShop{onSale: stalling}, 1), append(args, "-max-late", "100ms")...)
	s = result.Summary
	assert.GreaterOrEqual(t, s.Dropped, int64(10), "what would have been too late")
	assert.EqualValues(t, 50, s.Planned)
	assert.EqualValues(t, 50, int64(s.Attempts)+s.Dropped)
	assert.Contains(t, warnings(result), "arrivals were dropped")
}

func warnings(r *report.Result) string {
	all := ""
	for _, w := range r.Warnings {
		all += w + "\n"
	}
	return all
}
