package stock_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"stampede/server/stock"
)

func TestClockFollowsTheDatabase(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c stock.Clock
		assert.True(t, c.Now().Equal(time.Now()), "without a reading it is this machine's")

		ahead := time.Hour
		c.Observe(time.Now().Add(ahead - 5*time.Millisecond)) // a slow answer
		assert.True(t, c.Now().Equal(time.Now().Add(ahead-5*time.Millisecond)))
		c.Observe(time.Now().Add(ahead - time.Millisecond)) // a quick one
		c.Observe(time.Now().Add(ahead - 9*time.Millisecond))
		assert.True(t, c.Now().Equal(time.Now().Add(ahead-time.Millisecond)), "the quickest answer tells most")
		assert.Equal(t, time.Minute, c.Until(c.Now().Add(time.Minute)))

		before := c.Now()
		for range 8 {
			c.Observe(time.Now().Add(ahead - 8*time.Millisecond))
		}
		assert.Equal(t, before, c.Now(), "it stands still rather than going back")

		for range 8 {
			c.Observe(time.Now().Add(-ahead))
		}
		assert.True(t, c.Now().Equal(time.Now().Add(-ahead)), "a clock that was set back is followed in the end")
	})
}

// TestWhatPassesTwice: after the clock was set back, what lies between passes once more, even if nobody but those who
// read the clock has noticed.
func TestWhatPassesTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c stock.Clock
		began := c.Now()
		passed := func(from, to time.Duration, why string) {
			t.Helper()
			gotFrom, now := c.Passed()
			assert.Equal(t, from, gotFrom.Sub(began), why)
			assert.Equal(t, to, now.Sub(began), why)
		}
		passed(0, 0, "at first")
		<-time.After(time.Minute)
		passed(0, time.Minute, "a minute")
		passed(time.Minute, time.Minute, "nothing since")
		stock.SetClock(&c, began.Add(30*time.Second))
		c.Now()
		<-time.After(40 * time.Second)
		passed(30*time.Second, 70*time.Second, "set back, and on again")
		stock.SetClock(&c, began)
		passed(0, 0, "set back just now")
	})
}
