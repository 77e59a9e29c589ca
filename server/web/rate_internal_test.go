package web

import (
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/graph/transport"
)

// TestRateAsAStory: two a second, of which four may come at once.
func TestRateAsAStory(t *testing.T) {
	t.Parallel()
	r := perSecond(2)
	var full time.Duration
	for _, step := range []struct {
		what string
		now  time.Duration
		wait time.Duration // 0: admitted
	}{
		{"the first", 0, 0},
		{"the second at once", 0, 0},
		{"the third", 0, 0},
		{"the fourth", 0, 0},
		{"the fifth is one too many", 0, 500 * time.Millisecond},
		{"asking again costs nothing", 0, 500 * time.Millisecond},
		{"nor is it over a moment before", 499 * time.Millisecond, time.Millisecond},
		{"but then one is free", 500 * time.Millisecond, 0},
		{"and no second one", 500 * time.Millisecond, 500 * time.Millisecond},
		{"who waits long has four again", 10 * time.Second, 0},
		{"four", 10 * time.Second, 0},
		{"four", 10 * time.Second, 0},
		{"four", 10 * time.Second, 0},
		{"and not five, however long the wait was", 10 * time.Second, 500 * time.Millisecond},
		{"a clock that steps back gives nothing away", 9 * time.Second, 1500 * time.Millisecond},
	} {
		after, wait, ok := r.admit(full, step.now)
		assert.Equal(t, step.wait, wait, step.what)
		assert.Equal(t, step.wait == 0, ok, step.what)
		full = after
	}
	_, _, ok := perSecond(0).admit(full, 0)
	assert.True(t, ok, "0 is no limit")
}

func TestAMeterForgetsWhoeverItCan(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMeter[string](perSecond(1))
		for range 2 {
			_, ok := m.admit("greedy")
			require.True(t, ok)
		}
		wait, ok := m.admit("greedy")
		require.False(t, ok)
		assert.Equal(t, time.Second, wait)
		for i := range 3 * shards * maxPerShard { // a crowd of strangers does not grow the table
			_, ok := m.admit(fmt.Sprint(i))
			require.True(t, ok)
		}
		remembered := 0
		for i := range m.parts {
			remembered += len(m.parts[i].full)
		}
		assert.LessOrEqual(t, remembered, shards*maxPerShard)
		time.Sleep(2 * time.Second) //nolint:forbidigo // a bubble's clock moves by it alone
		for range 2 {
			_, ok := m.admit("greedy")
			assert.True(t, ok)
		}
	})
}

func TestNetwork(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::", "fe80::1%eth0": "fe80::", "::1": "::",
	} {
		assert.Equal(t, want, transport.Network(netip.MustParseAddr(address)).String())
	}
}
