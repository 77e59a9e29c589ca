package load

import (
	"time"

	"stampede/stress/judge"
)

// Progress is how a run stands.
type Progress struct {
	Took             time.Duration
	Planned, Done    int64 // arrivals
	Sold, Refused    int64
	Errors           int64
	Rate             float64 // answers a second, lately
	P99              time.Duration
	Late, Dropped    int64
	Watchers, Events int
	Over             bool
}

const reportEvery = 250 * time.Millisecond

// report tells how the run stands until it is told to stop.
func (r *run) report() (stop func()) {
	if r.Progress == nil {
		return func() {}
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(reportEvery)
		defer ticker.Stop()
		last, lastAt := int64(0), time.Now()
		for {
			select {
			case <-ticker.C:
			case <-done:
				p := r.standing()
				p.Over = true
				r.Progress(p)
				return
			}
			p := r.standing()
			p.Rate = float64(p.Done-last) / time.Since(lastAt).Seconds()
			last, lastAt = p.Done, time.Now()
			p.P99 = r.recently()
			r.Progress(p)
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}

func (r *run) standing() Progress {
	return Progress{
		Took: r.now(), Planned: r.planned.Load(), Sold: r.sold.Load(),
		Done:    r.answers(judge.Result.Final) + r.dropped.Load(),
		Refused: r.answers(func(a judge.Result) bool { return a > judge.Bought }),
		Errors:  r.answers(func(a judge.Result) bool { return a.InDoubt() || a == judge.Unsent }),
		Late:    r.late.Load(), Dropped: r.dropped.Load(),
	}
}
