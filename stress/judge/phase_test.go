package judge_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"stampede/stress/judge"
)

// TestAPhaseThatCannotBe changes what somebody was told of the right sale's phase, and nothing else.
func TestAPhaseThatCannotBe(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(h *judge.History){
		"active with nothing left":   func(h *judge.History) { h.Final.States[0].Phase = judge.Active },
		"sold out with two left":     func(h *judge.History) { h.Events[1].Phase = judge.SoldOutSale },
		"active before the start":    func(h *judge.History) { h.Events[0].Received = 97 * ms },
		"upcoming when it was open":  func(h *judge.History) { h.Events[0].Phase, h.WatchLimit = judge.Upcoming, 2*ms },
		"upcoming with some sold":    func(h *judge.History) { h.Events[1].Phase = judge.Upcoming },
		"ended before the end":       func(h *judge.History) { h.Reads[0].Phase = judge.Ended },
		"on after the end":           func(h *judge.History) { h.Final.Sent, h.Final.Received = 950*ms, 951*ms },
		"on hold when it went on":    func(h *judge.History) { h.Reads[0].Phase = judge.Paused },
		"on hold before it was":      func(h *judge.History) { h.Events[1].Phase = judge.Paused },
		"on when it was on hold":     func(h *judge.History) { h.Reads[0].Sent, h.Reads[0].Received = 305*ms, 325*ms },
		"a phase that there is not":  func(h *judge.History) { h.Reads[0].Phase = "OPEN" },
		"a phase that was not given": func(h *judge.History) { h.Events[3].Phase = "" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := right()
			change(h)
			v := judge.Judge(h)
			assert.Contains(t, v.Names(), judge.PhaseIsTrue)
		})
	}
}

// TestAPhaseMayBeOld lets a watcher hear in time, and a server lag, of a sale that has gone on since.
func TestAPhaseMayBeOld(t *testing.T) {
	t.Parallel()
	h := right()
	h.Events[0].State = judge.State{Phase: judge.Upcoming, Stock: 3, Left: 3, Revision: 1}
	h.Reads[0].State, h.Reads[0].Phase, h.Lag = state(4, 4, 19), judge.Paused, 20*ms
	h.Final.Sent, h.Final.Received = 915*ms, 916*ms
	v := judge.Judge(h)
	assert.Empty(t, v.Names())
	h.Lag = ms
	v = judge.Judge(h)
	assert.Equal(t, []string{judge.PhaseIsTrue}, v.Names())
}
