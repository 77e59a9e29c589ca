package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestAServerWithAnotherClock is of another opinion about the time. Its sales open when everybody is ready,
// and end when they should, all the same.
func TestAServerWithAnotherClock(t *testing.T) {
	t.Parallel()
	for _, ahead := range []time.Duration{-30 * time.Second, 30 * time.Second, time.Hour} {
		for _, name := range []string{"rush", "steady", "window"} {
			t.Run(name+" "+ahead.String(), func(t *testing.T) {
				t.Parallel()
				r := rehearse(t, &wrongShop{ahead: ahead}, small[name]...)
				assert.Equal(t, exitKept, r.code, r.said)
				assert.Less(t, r.Summary.Latency.P50, 10_000.0, "nobody waited for the opening, or came when it was past")
				assert.Positive(t, r.Summary.Sold)
			})
		}
	}
}
