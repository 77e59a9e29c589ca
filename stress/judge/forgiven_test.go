package judge_test

import (
	"slices"
	"testing"

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
