package judge_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"stampede/stress/judge"
)

// TestACrowdBesideAChange is what a server leaves that stood still and goes on: hundreds are answered at once, some before
// it was put on hold and some after that, which was asked for before all of them. To try who was which would take for ever.
func TestACrowdBesideAChange(t *testing.T) {
	t.Parallel()
	const sold, refused, woke = 10, 200, 3000
	h := &judge.History{
		Rules:    judge.Rules{Stock: 2 * sold, LinearLimit: 6000, SearchLimit: 10 * time.Second},
		Targets:  1,
		Shoppers: sold + refused,
		Changes: []judge.Change{
			{Kind: judge.Pause, Sent: 700 * ms, Received: (woke + 500) * ms},
			{Kind: judge.Resume, Sent: (woke + 600) * ms, Received: (woke + 610) * ms},
		},
		Final: judge.Final{States: []judge.State{state(sold, 2*sold, 9)}, Total: sold},
	}
	for i := range int32(h.Shoppers) {
		a := attempt(i, 1, 1000+int(i), woke+int(i), judge.NotActive)
		if i < sold {
			a = bought(a, i+1, false)
			h.Final.Purchase = append(h.Final.Purchase, judge.Listed{Ordinal: int(a.Ordinal), Shopper: i, At: a.Received})
		}
		h.Attempts = append(h.Attempts, a)
	}
	v := judge.Judge(h)
	assert.Empty(t, v.Names())
	assert.Equal(t, "Ok", v.Search)
}
