package heap

import (
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestHowFarTheHeapMayGrow(t *testing.T) {
	t.Parallel()
	const mb = 1 << 20
	for name, c := range map[string]struct {
		live    uint64
		rate    float64
		percent int
	}{
		"a server just started":               {4 * mb, 0, 400},
		"an idle crowd":                       {96 * mb, 0, 25},
		"a small crowd":                       {24 * mb, 0, 100},
		"a rush":                              {40 * mb, 240 * mb, 300},
		"a rush beside an idle crowd":         {120 * mb, 240 * mb, 100},
		"a rush faster than memory is cheap":  {10 * mb, 10_000 * mb, 400},
		"nothing is known yet":                {0, 0, 400},
		"a crowd far larger than is foreseen": {4000 * mb, 0, 25},
	} {
		assert.Equal(t, c.percent, growth(c.live, c.rate), name)
	}
}

// TestARushIsBelievedAtOnce: at the first look the heap may grow as a rush needs it, and a pause in it is no end.
func TestARushIsBelievedAtOnce(t *testing.T) { //nolint:paralleltest // it sets how far the heap of the process may grow
	before := debug.SetGCPercent(gcMost)
	defer debug.SetGCPercent(before)
	const live = 40 << 20
	k := keeper{percent: growth(live, 0), last: usage{live: live}}
	calm := k.percent
	burst := usage{live: live, held: live, allocated: 12 << 20}
	k.look(burst)
	assert.Equal(t, growth(live, (12<<20)/lookEvery.Seconds()), k.percent)
	k.look(burst)
	assert.Greater(t, k.percent, 3*calm, "nothing was allocated for one look")
	for range calmFor {
		k.look(burst)
	}
	assert.InDelta(t, calm, k.percent, float64(calm)/4, "it is over")
}

// TestWhatAWaveLeftBehindIsGivenBack once it is calm, and then it is left in peace.
func TestWhatAWaveLeftBehindIsGivenBack(t *testing.T) { //nolint:paralleltest // it looks at the heap of the process
	garbage := make([][]byte, 4096)
	for i := range garbage {
		garbage[i] = make([]byte, 32<<10)
	}
	runtime.GC() // it lives
	full := readUsage()
	runtime.KeepAlive(garbage)
	runtime.GC() // it is dead, and held

	k := keeper{percent: gcMost}
	still := readUsage()
	for range calmFor - 1 {
		k.look(still)
	}
	assert.Zero(t, k.left, "not before it has been calm for a while")
	k.last.allocated = 0
	k.look(still) // much was allocated
	for range calmFor {
		assert.Zero(t, k.left)
		k.look(still)
	}
	assert.Less(t, readUsage().held, full.held-100<<20, "of 128 MB")
	left := k.left
	assert.NotZero(t, left)
	calm := readUsage()
	for range 3 * calmFor {
		k.look(calm)
	}
	assert.Equal(t, left, k.left, "not again")
}
