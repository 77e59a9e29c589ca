package judge_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"stampede/stress/judge"
)

// TestACounterThatIsAhead tells a watcher or a reader of a sale that nobody has asked for yet, and is right in the end.
func TestACounterThatIsAhead(t *testing.T) {
	t.Parallel()
	h := right()
	h.Events[1].State = state(2, 3, 5)
	v := judge.Judge(h)
	assert.Equal(t, []string{judge.CountIsTheList}, v.Names())

	h = right()
	h.Reads[0].Sent, h.Reads[0].Received, h.LinearLimit = 242*ms, 243*ms, 0
	v = judge.Judge(h)
	assert.Equal(t, []string{judge.CountIsTheList}, v.Names())
}

// TestACounterThatIsBehind tells a reader, or a watcher who comes back, of less than had long been confirmed and put on
// sale, and is right in the end. As long as it may, it may.
func TestACounterThatIsBehind(t *testing.T) {
	t.Parallel()
	reads := func(s judge.State) *judge.History {
		h := right()
		h.Reads[0].State, h.LinearLimit = s, 0
		return h
	}
	comesBack := func(s judge.State) *judge.History {
		h := right()
		h.WatchLimit = 60 * ms
		h.Events[4].State, h.Events[4].Epoch, h.Lag = s, 1, time.Second
		h.Watchers[0] = judge.Watcher{Leaves: true}
		return h
	}
	for name, h := range map[string]*judge.History{
		"a purchase, to a reader":  reads(judge.State{Phase: judge.Active, Stock: 4, Sold: 3, Left: 1, Revision: 13}),
		"a purchase, to a watcher": comesBack(judge.State{Phase: judge.Active, Stock: 4, Sold: 3, Left: 1, Revision: 13}),
		"a restock, to a reader":   reads(state(3, 3, 9)),
		"all of it, to a watcher":  comesBack(state(0, 3, 1)),
	} {
		v := judge.Judge(h)
		assert.Equal(t, []string{judge.CountIsTheList}, v.Names(), name)
		h.Outages = []judge.Outage{{From: 200 * ms, To: 340 * ms}}
		v = judge.Judge(h)
		assert.Equal(t, name == "all of it, to a watcher", !v.Kept(), "%s that was away for most of it", name)
		h.Outages, h.Lag, h.WatchLimit = nil, time.Second, time.Second
		v = judge.Judge(h)
		assert.Empty(t, v.Names(), "%s that may lag", name)
	}
}
