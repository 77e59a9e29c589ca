package main

import (
	"runtime"
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

	k := memoryKeeper{percent: gcMost}
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
