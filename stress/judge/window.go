package judge

import (
	"math"
	"time"
)

// span is a time in which a sale was surely closed.
type span struct {
	from, to Moment
	why      string
}

// clockTick is how far two instants of the server's clock may seem to be apart that are not: they come in whole
// milliseconds, cut off. How far that clock is from ours does not matter between the two.
const clockTick = time.Millisecond

// closed are the times in which nothing can have been sold. Whatever is uncertain, clocks and changes under way, is
// left out.
func (x *index) closed() []span {
	spans := []span{{math.MinInt64, x.StartsAt - x.ClockError, "before the start"}}
	if x.EndsAt != 0 {
		spans = append(spans, span{x.EndsAt + x.ClockError, math.MaxInt64, "after the end"})
	}
	return append(spans, x.heldOrEnded()...)
}

// heldOrEnded are those of them that are an operator's doing, by our own clock.
func (x *index) heldOrEnded() (spans []span) {
	for i, c := range x.Changes {
		switch c.Kind {
		case End:
			spans = append(spans, span{c.Received, math.MaxInt64, "after an operator ended it"})
		case Pause:
			to := Moment(math.MaxInt64)
			for _, later := range x.Changes[i+1:] {
				if later.Kind == Resume {
					to = later.Sent
					break
				}
			}
			spans = append(spans, span{c.Received, to, "while it was on hold"})
		default:
		}
	}
	return spans
}

func (x *index) onlyWhileOpen(p *Promise) {
	spans, byOperator := x.closed(), x.heldOrEnded()
	for i := range x.Attempts {
		a := &x.Attempts[i]
		if !a.fresh() {
			continue
		}
		p.Checked++
		for _, s := range spans {
			if a.Sent > s.from && a.Received < s.to {
				p.broken("shopper %d bought number %d %s", a.Shopper, a.Ordinal, s.why)
			}
		}
	}
	for _, l := range x.Final.Purchase { // by the server's own clock, and those whose answer was lost
		p.Checked++
		if l.At <= x.StartsAt-clockTick {
			p.broken("number %d is dated %s before the start", l.Ordinal, round(x.StartsAt-l.At))
		}
		if x.EndsAt != 0 && l.At >= x.EndsAt+clockTick {
			p.broken("number %d is dated %s after the end", l.Ordinal, round(l.At-x.EndsAt))
		}
		for _, s := range byOperator {
			if l.At > s.from+x.ClockError && l.At < s.to-x.ClockError {
				p.broken("number %d is dated %s", l.Ordinal, s.why)
			}
		}
	}
}

// surelyOpen says that the sale was on, sold out or not, from one moment to another.
func (x *index) surelyOpen(from, to Moment) bool {
	if from < x.StartsAt+x.ClockError || x.EndsAt != 0 && to > x.EndsAt-x.ClockError {
		return false
	}
	for i, c := range x.Changes {
		switch c.Kind {
		case End:
			if to >= c.Sent {
				return false
			}
		case Pause: // from the moment it was asked for until the answer that it goes on
			if to >= c.Sent && from <= x.goesOn(i) {
				return false
			}
		default:
		}
	}
	return true
}
