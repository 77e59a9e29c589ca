package judge

import "math"

// phaseIsTrue holds every phase that anybody was told against the clock, the operator's changes and the stock it came
// with. A read is as old as the servers may lag behind each other, and an event as old as a watcher may hear it.
func (x *index) phaseIsTrue(p *Promise) {
	for i := range x.Events {
		e := &x.Events[i]
		x.holdPhase(p, e.State, e.Received-x.WatchLimit, e.Received)
	}
	for i := range x.Reads {
		r := &x.Reads[i]
		x.holdPhase(p, r.State, r.Sent-x.Lag, r.Received)
	}
	for _, s := range x.Final.States {
		x.holdPhase(p, s, x.Final.Sent-x.Lag, x.Final.Received)
	}
}

// holdPhase looks for a moment from one to another at which a sale can have stood so.
func (x *index) holdPhase(p *Promise, s State, from, to Moment) {
	well, why := true, ""
	switch s.Phase {
	case Upcoming:
		well, why = s.Sold == 0 && from <= x.StartsAt+x.ClockError, "it had begun"
	case Paused:
		well, why = x.perhapsOnHold(from, to), "it was not on hold"
	case Ended:
		well, why = x.perhapsEnded(to), "it was not over"
	case Active, SoldOutSale:
		for _, closed := range x.closed() {
			if from > closed.from && to < closed.to {
				well, why = false, "that was "+closed.why
			}
		}
		if well {
			well, why = (s.Phase == SoldOutSale) == (s.Sold >= s.Stock), "those do not go together"
		}
	default:
		well, why = false, "there is no such phase"
	}
	p.hold(well, "the sale was said to be %s, with %d of %d sold, and %s", s.Phase, s.Sold, s.Stock, why)
}

// perhapsOnHold says that the sale can have been on hold at some moment from one to another.
func (x *index) perhapsOnHold(from, to Moment) bool {
	for i, c := range x.Changes {
		if c.Kind == Pause && c.Sent <= to && from <= x.goesOn(i) {
			return true
		}
	}
	return false
}

// goesOn is when the operator's pause with that number was over at the latest.
func (x *index) goesOn(pause int) Moment {
	for _, later := range x.Changes[pause+1:] {
		if later.Kind == Resume {
			return later.Received
		}
	}
	return math.MaxInt64
}

// perhapsEnded says that the sale can have been over by then.
func (x *index) perhapsEnded(by Moment) bool {
	if x.EndsAt != 0 && by >= x.EndsAt-x.ClockError {
		return true
	}
	for _, c := range x.Changes {
		if c.Kind == End && c.Sent <= by {
			return true
		}
	}
	return false
}
