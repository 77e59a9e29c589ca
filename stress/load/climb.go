package load

import (
	"context"
	"math"
	"time"

	"stampede/stress/judge"
)

const (
	climbSteps = 16
	climbBy    = 1.3
	// climbP99 is the latency that a step must stay below, and climbShare the share of what was offered that it must
	// have achieved.
	climbP99   = 250 * time.Millisecond
	climbShare = 0.95
)

// climbing is how many come if the server never gives in.
func climbing(c Config) int {
	n := 0.0
	for i := range climbSteps {
		n += c.Rate * math.Pow(climbBy, float64(i)) * c.Duration.Seconds()
	}
	return int(n) + climbSteps
}

// ramp raises the rate until a step does not hold.
func ramp(ctx context.Context, r *run) error {
	if err := r.openNow(ctx); err != nil {
		return err
	}
	all, err := r.workers(ctx, r.Connections)
	defer dismiss(all)
	if err != nil {
		return err
	}
	rate := r.Rate
	for range climbSteps {
		held := r.step(ctx, all, rate)
		if !held || ctx.Err() != nil {
			break
		}
		rate *= climbBy
	}
	return nil
}

// step plays one rate, and says whether it held.
func (r *run) step(ctx context.Context, all []*worker, rate float64) bool {
	from := r.now()
	n := int(rate * r.Duration.Seconds())
	marks := make([]int, len(all))
	for i, w := range all {
		marks[i] = len(w.book.attempts)
	}
	r.arrivals(ctx, all, n, evenly(from, rate), func(ctx context.Context, w *worker, due judge.Moment) {
		w.buy(ctx, wish{shopper: r.newcomer(), key: 1, target: w.home(), due: due})
	})
	answered, latencies := 0, NewHistogram()
	for i, w := range all {
		for _, a := range w.book.attempts[marks[i]:] {
			if a.Result.Final() {
				answered++
				Note(latencies, a.Received-a.Due)
			}
		}
	}
	s := Step{
		Rate: rate, Achieved: float64(answered) / (r.now() - from).Seconds(),
		P50: time.Duration(latencies.ValueAtPercentile(50)) * time.Microsecond,
		P99: time.Duration(latencies.ValueAtPercentile(99)) * time.Microsecond,
	}
	s.Held = s.P99 <= climbP99 && s.Achieved >= climbShare*rate
	r.steps = append(r.steps, s)
	return s.Held
}
