package load_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"stampede/stress/load"
)

// TestPatienceIsMeasured: with the defaults a shopper may have waited for 60 s of patience and 30 s more.
func TestPatienceIsMeasured(t *testing.T) {
	t.Parallel()
	h := load.NewHistogram()
	load.Note(h, 90*time.Second)
	load.Note(h, 20*time.Minute)
	assert.InEpsilon(t, 90e6, h.ValueAtPercentile(50), 0.001)
	assert.InEpsilon(t, 20*60e6, h.Max(), 0.001)
}
