package transport

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestSilenceIsCountedByAClockThatNobodySets: a step of the machine's would end every connection at once, or none any more.
func TestSilenceIsCountedByAClockThatNobodySets(t *testing.T) {
	t.Parallel()
	var c conn
	c.hear()
	assert.Less(t, time.Duration(c.heard.Load()), time.Hour, "since this process began, and not since 1970")
	c.heard.Add(-int64(time.Hour))
	assert.InDelta(t, time.Hour, c.silence(), float64(time.Minute))
}
