package judge_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"stampede/stress/judge"
)

// TestAKeyFindsItsOwnPurchase holds "bought before" to what the shopper can have bought before, and with which key.
func TestAKeyFindsItsOwnPurchase(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(h *judge.History){
		"an earlier purchase with the same key, whose answer was lost": func(h *judge.History) {
			h.Attempts[10] = attempt(1, 1, 500, 510, judge.AlreadyPurchased)
			h.Attempts[10].Ordinal = 2
		},
		"a first answer that is said to be the second": func(h *judge.History) { h.Attempts[4].Replayed = true },
		"a purchase by a request that was told that it had bought nothing": func(h *judge.History) {
			h.Attempts[3].Result = judge.Busy
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := right()
			h.LinearLimit = 0 // most histories are longer
			change(h)
			v := judge.Judge(h)
			assert.Equal(t, []string{judge.SameKeySame}, v.Names())
		})
	}
}
