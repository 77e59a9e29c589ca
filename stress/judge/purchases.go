package judge

import (
	"fmt"
	"math"
)

// neverOversold counts by what was put on sale, not by what the server says there is.
func (x *index) neverOversold(p *Promise) {
	stock := x.perhapsOnSale(math.MaxInt64)
	p.hold(len(x.Final.Purchase) <= stock, "the list holds %d purchases of %d units", len(x.Final.Purchase), stock)
	for _, s := range x.Final.States {
		p.hold(s.Sold <= stock, "the counter says %d sold of %d units", s.Sold, stock)
	}
	confirmed := map[int32]bool{}
	for i := range x.Attempts {
		a := &x.Attempts[i]
		if a.fresh() {
			confirmed[a.Shopper] = true
			there := x.perhapsOnSale(a.Received)
			p.hold(int(a.Ordinal) <= there, "shopper %d got number %d of %d units", a.Shopper, a.Ordinal, there)
		}
	}
	p.hold(len(confirmed) <= stock, "%d shoppers were told that they had bought one of %d units", len(confirmed), stock)
	x.eachState(func(s State, who string) {
		p.hold(s.Sold <= s.Stock, "%s was told that %d of %d are sold", who, s.Sold, s.Stock)
	})
}

// eachState visits every state that anybody was told.
func (x *index) eachState(visit func(s State, who string)) {
	for i := range x.Events {
		visit(x.Events[i].State, "a watcher")
	}
	for i := range x.Reads {
		visit(x.Reads[i].State, "a reader")
	}
}

func (x *index) onePerShopper(p *Promise) {
	listed := map[int32]int{}
	for _, l := range x.Final.Purchase {
		if l.Shopper < 0 {
			continue
		}
		first, twice := listed[l.Shopper]
		p.hold(!twice, "shopper %d is in the list as number %d and as number %d", l.Shopper, first, l.Ordinal)
		listed[l.Shopper] = l.Ordinal
	}
	for shopper, mine := range x.byShopper {
		var first *Attempt
		for _, i := range mine {
			a := &x.Attempts[i]
			switch {
			case !a.fresh():
			case first == nil:
				first = a
				p.Checked++
			case first.Ordinal != a.Ordinal || first.Key != a.Key: // the same again is sameKeySameAnswer's
				p.hold(false, "shopper %d was sold number %d and number %d", shopper, first.Ordinal, a.Ordinal)
			}
		}
	}
}

func (x *index) confirmedIsKept(p *Promise) {
	for i := range x.Attempts {
		a := &x.Attempts[i]
		if !a.fresh() {
			continue
		}
		owner, there := x.owner[int(a.Ordinal)]
		switch {
		case there && owner == a.Shopper:
			p.Checked++
		case x.ordinal[a.Shopper] != 0:
			p.hold(false, "shopper %d was confirmed number %d and is in the list as number %d",
				a.Shopper, a.Ordinal, x.ordinal[a.Shopper])
		default:
			p.hold(false, "shopper %d was confirmed number %d and is not in the list", a.Shopper, a.Ordinal)
		}
	}
}

func (x *index) listedWasAskedFor(p *Promise) {
	for _, l := range x.Final.Purchase {
		if l.Shopper < 0 {
			p.hold(false, "number %d belongs to somebody who is none of this run's shoppers", l.Ordinal)
			continue
		}
		asked := false
		for _, i := range x.byShopper[l.Shopper] {
			a := &x.Attempts[i]
			asked = asked || a.Result.InDoubt() || a.Result == Bought
		}
		p.hold(asked, "number %d belongs to shopper %d, who was only ever refused", l.Ordinal, l.Shopper)
	}
}

func (x *index) ordinalsWithoutGaps(p *Promise) {
	for i, l := range x.Final.Purchase {
		p.hold(l.Ordinal == i+1, "number %d stands in place %d of the list", l.Ordinal, i+1)
	}
}

// orderIsRealTime is the part of linearizability that can be checked in linear time: a lower number is never asked for
// after a higher one was answered.
func (x *index) orderIsRealTime(p *Promise) {
	for i := range x.Attempts {
		a := &x.Attempts[i]
		k := int(a.Ordinal)
		if !a.fresh() || k < 1 || k > len(x.asked) {
			continue
		}
		p.hold(x.asked[k-1] <= a.Received, "number %d was answered %s before a lower number was asked for",
			k, round(x.asked[k-1]-a.Received))
	}
}

// noFalseSoldOut looks for a moment in an attempt's time at which everything can have been sold.
func (x *index) noFalseSoldOut(p *Promise) {
	for i := range x.Attempts {
		a := &x.Attempts[i]
		if a.Result != SoldOut {
			continue
		}
		well := x.soldBy(a.Received) >= x.surelyOnSale(a.Received)
		for _, c := range x.Changes { // or just before more arrived
			if c.Kind == Restock && c.Received > a.Sent-x.Lag && c.Received <= a.Received {
				before := c.Received - 1
				well = well || x.soldBy(before) >= x.surelyOnSale(before)
			}
		}
		p.hold(well, "shopper %d heard “sold out” when %d of %d can have been sold",
			a.Shopper, x.soldBy(a.Received), x.surelyOnSale(a.Received))
	}
}

func (x *index) refusalsAreTrue(p *Promise) {
	for shopper, mine := range x.byShopper {
		boughtBy := Moment(math.MaxInt64) // from when on it is known that this shopper has bought
		for _, i := range mine {
			if a := &x.Attempts[i]; a.Result == Bought {
				boughtBy = min(boughtBy, a.Received)
			}
		}
		for _, i := range mine {
			a := &x.Attempts[i]
			switch a.Result {
			case AlreadyPurchased:
				p.hold(x.owner[int(a.Ordinal)] == a.Shopper && a.Ordinal > 0,
					"shopper %d heard of an earlier purchase, number %d, which is not theirs", shopper, a.Ordinal)
			case NotFound:
				p.hold(false, "shopper %d heard that there is no such sale", shopper)
			case NotActive:
				p.hold(!x.surelyOpen(a.Sent-x.Lag, a.Received), "shopper %d heard that the sale is not on while it was", shopper)
			case SoldOut:
			default:
				continue
			}
			if a.Result != AlreadyPurchased {
				p.hold(a.Sent <= boughtBy, "shopper %d has bought, and then heard “%s”", shopper, a.Result)
			}
		}
	}
}

// sameKeySameAnswer follows each key of each shopper.
func (x *index) sameKeySameAnswer(p *Promise) {
	for shopper, mine := range x.byShopper {
		for n, i := range mine {
			a := &x.Attempts[i]
			if a.Result == AlreadyPurchased && a.Key != 0 {
				p.hold(x.canHaveBought(mine, a, func(key int32) bool { return key != a.Key }),
					"shopper %d heard of an earlier purchase, number %d, and had asked for none with another key", shopper, a.Ordinal)
			}
			if a.Result != Bought || a.Key == 0 {
				continue
			}
			if a.Replayed {
				p.hold(x.ordinal[shopper] == int(a.Ordinal), "shopper %d got number %d again, and the list says %s",
					shopper, a.Ordinal, place(x.ordinal[shopper]))
				p.hold(x.canHaveBought(mine, a, func(key int32) bool { return key == a.Key }),
					"shopper %d got number %d again, and nothing can have been bought with that key before", shopper, a.Ordinal)
			}
			for m, j := range mine {
				b := &x.Attempts[j]
				if m == n || b.Key != a.Key {
					continue
				}
				switch {
				case b.Result == Bought && m > n:
					p.hold(a.Ordinal == b.Ordinal, "shopper %d got number %d and number %d for the same key",
						shopper, a.Ordinal, b.Ordinal)
					p.hold(a.Replayed || b.Replayed, "shopper %d was sold number %d anew for the same key", shopper, b.Ordinal)
				case b.Result.Final() && b.Result != Bought && b.Sent > a.Received:
					p.hold(false, "shopper %d has bought, and then heard “%s” for the same key", shopper, b.Result)
				}
			}
		}
	}
}

// canHaveBought says that an attempt with such a key had been sent when this one was answered, and may have bought: it
// was told so, or left in doubt. Who was told that nothing was bought has bought nothing.
func (x *index) canHaveBought(mine []int32, than *Attempt, such func(key int32) bool) bool {
	for _, i := range mine { // in the order in which they were sent
		a := &x.Attempts[i]
		if a.Sent >= than.Received {
			return false
		}
		if a != than && such(a.Key) && (a.Result == Bought || a.Result.InDoubt()) {
			return true
		}
	}
	return false
}

// doubtIsSettled looks at the last word to those who had been left in doubt.
func (x *index) doubtIsSettled(p *Promise) {
	for shopper, mine := range x.byShopper {
		until := Moment(-1) // when the last doubt began
		for _, i := range mine {
			if a := &x.Attempts[i]; a.Result.InDoubt() {
				until = max(until, a.Received)
			}
		}
		if until < 0 {
			continue
		}
		var last *Attempt
		for _, i := range mine {
			if a := &x.Attempts[i]; a.Result.Final() && a.Sent >= until {
				last = a
			}
		}
		listed := x.ordinal[shopper]
		switch {
		case last == nil:
			p.hold(false, "shopper %d was left in doubt, and got no answer to the end", shopper)
		case last.Result == Bought || last.Result == AlreadyPurchased:
			p.hold(listed == int(last.Ordinal), "shopper %d was in doubt, then heard number %d, and the list says %s",
				shopper, last.Ordinal, place(listed))
		default:
			p.hold(listed == 0, "shopper %d was in doubt, then heard “%s”, and the list says %s",
				shopper, last.Result, place(listed))
		}
	}
}

// everyoneIsAnswered holds the server to an answer for everybody who has patience. One that is busy may say so, and one
// that is asked too often too, but not for ever.
func (x *index) everyoneIsAnswered(p *Promise) {
	p.Checked = x.Wishes
	for _, g := range x.GivenUp {
		p.broken("shopper %d asked %d times within %s and got no answer, the last time “%s”",
			g.Shopper, g.Times, round(g.At-g.From), g.Last)
	}
}

// place is a shopper's place in the list.
func place(ordinal int) string {
	if ordinal == 0 {
		return "nothing"
	}
	return fmt.Sprintf("number %d", ordinal)
}
