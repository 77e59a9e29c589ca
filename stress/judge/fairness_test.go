package judge_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"stampede/stress/judge"
)

// TestFairness looks at two who came too late and one who came in time and got nothing.
func TestFairness(t *testing.T) {
	t.Parallel()
	h := right()
	h.Changes = nil
	h.Attempts[5].Sent, h.Attempts[5].Received = 105*ms, 130*ms // before all, and answered before two of the winners
	for _, f := range judge.Judge(h).Fairness {
		assert.Equal(t, "across", f.Scope)
		assert.EqualValues(t, 6, f.Pairs, "three confirmed winners, two losers")
		switch f.Measure {
		case "sent":
			assert.EqualValues(t, 3, f.Unfair)
			assert.Equal(t, 155*ms, f.Worst)
		case "answered":
			assert.EqualValues(t, 2, f.Unfair)
			assert.Equal(t, 130*ms, f.Worst)
		}
	}
}

// TestFairnessOfManyServers names the eleventh.
func TestFairnessOfManyServers(t *testing.T) {
	t.Parallel()
	h := right()
	h.Targets = 11
	h.Attempts[1].Target, h.Attempts[5].Target = 10, 10
	scopes := map[string]bool{}
	for _, f := range judge.Judge(h).Fairness {
		scopes[f.Scope] = true
	}
	assert.Contains(t, scopes, "server 11")
}
