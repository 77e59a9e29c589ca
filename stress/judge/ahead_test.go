package judge_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"stampede/stress/judge"
)

// TestACounterThatIsAhead tells a watcher or a reader of a sale that nobody has asked for yet, and is right in the end.
func TestACounterThatIsAhead(t *testing.T) {
	t.Parallel()
	h := right()
	h.Events[1].State = state(2, 3, 5)
	v := judge.Judge(h)
	assert.Equal(t, []string{judge.CountIsTheList}, v.Names())

	h = right()
	h.Reads[0].Sent, h.Reads[0].Received, h.LinearLimit = 242*ms, 243*ms, 0
	v = judge.Judge(h)
	assert.Equal(t, []string{judge.CountIsTheList}, v.Names())
}
