package judge

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"
)

// shelf is the state of the model: a sale as one step after the other would leave it. Who has bought need not be in
// it: the final list says who has which number, and all numbers up to sold are taken.
type shelf struct {
	sold, stock        int
	open, paused, over bool
}

// step is an operation of the model. Its outcome is known, so it is both input and output.
type step struct {
	kind kind
	n    int // ordinal, units
	sold int
}

type kind uint8

const (
	buys     kind = iota // number n
	has                  // is told of the purchase n that was made before
	soldOut              // is refused; n is the number that the shopper got at another time, or 0
	inactive             // is refused; n as above
	reads                // is told of sold of n units
	restocks
	pauses
	resumes
	ends
	opens // the clock's own
)

// take is the whole model: may this step come next, and what is then.
func take(s shelf, do step) (bool, shelf) {
	selling := s.open && !s.paused && !s.over
	late := do.n == 0 || s.sold < do.n // this shopper has not bought yet
	switch do.kind {
	case buys:
		ok := selling && s.sold == do.n-1 && do.n <= s.stock
		s.sold = do.n
		return ok, s
	case has:
		return s.sold >= do.n, s
	case soldOut:
		return selling && late && s.sold >= s.stock, s
	case inactive:
		return !selling && late, s
	case reads:
		return s.sold == do.sold && s.stock == do.n, s
	case restocks:
		s.stock += do.n
	case pauses:
		s.paused = true
	case resumes:
		s.paused = false
	case ends: // whoever is in the list was sold before: an end that comes too early need not be tried
		s.over = true
		return s.sold >= do.n, s
	case opens:
		s.open = true
	}
	return true, s
}

func (x *index) model() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return shelf{stock: x.Stock} },
		Step: func(state, input, _ any) (bool, any) {
			ok, next := take(state.(shelf), input.(step)) //nolint:errcheck // the model is given nothing else
			return ok, next
		},
		DescribeOperation: func(input, _ any) string { return input.(step).String() }, //nolint:errcheck // as above
		DescribeState: func(state any) string {
			s := state.(shelf) //nolint:errcheck // as above
			return fmt.Sprintf("%d of %d sold", s.sold, s.stock)
		},
	}
}

// String says what was done, and what came of it.
func (s step) String() string {
	switch s.kind {
	case buys:
		return fmt.Sprintf("buy → number %d", s.n)
	case has:
		return fmt.Sprintf("buy → has number %d", s.n)
	case reads:
		return fmt.Sprintf("read → %d of %d sold", s.sold, s.n)
	case restocks:
		return fmt.Sprintf("restock %d", s.n)
	default:
		return [...]string{
			soldOut: "buy → sold out", inactive: "buy → not active", pauses: "pause", resumes: "resume",
			ends: "end", opens: "the clock",
		}[s.kind]
	}
}

// pictureLimit is the longest history that is worth a picture, in operations.
const pictureLimit = 2000

// linearizable searches for one order of single steps that explains every answer of a short history.
func (x *index) linearizable(p *Promise, v *Verdict) {
	steps := x.steps()
	if len(steps) > x.LinearLimit || len(x.Attempts) == 0 {
		return
	}
	begun := time.Now()
	model := x.model()
	result, info := porcupine.CheckOperationsVerbose(model, steps, x.SearchLimit)
	v.Search, v.SearchTook = string(result), time.Since(begun)
	p.Checked = len(steps)
	switch result {
	case porcupine.Ok:
	case porcupine.Unknown:
		p.broken(unknownIsFailure, x.SearchLimit)
	default:
		p.broken("no order of these %d operations explains all answers: see the picture", len(steps))
	}
	if len(steps) > pictureLimit {
		return
	}
	var page bytes.Buffer
	if err := porcupine.Visualize(model, info, &page); err == nil {
		v.Picture = page.Bytes()
	}
}

// crowd is how many refusals may be under way beside one change for all of them to be searched.
const crowd = 100

// searchable says that refusals are part of the search. Where they may lag they are not: they promise less than to be
// linearizable. Nor where a crowd of them was under way beside a change: each may have come before or after it, and to
// try that for hundreds is endless. Other checks hold them to what they promise.
func (x *index) searchable() bool {
	if x.Lag > 0 {
		return false
	}
	for _, c := range x.Changes {
		beside := 0
		for i := range x.Attempts {
			a := &x.Attempts[i]
			if (a.Result == SoldOut || a.Result == NotActive) && a.Sent < c.Received && a.Received > c.Sent {
				beside++
			}
		}
		if beside > crowd {
			return false
		}
	}
	return true
}

// steps are the history as operations of the model. What may have bought and was left unanswered is settled first, by
// the final list: it would make the search endless, and the list is checked by itself. Reads that may lag are left out,
// as are refusals that are not searchable.
func (x *index) steps() []porcupine.Operation {
	var all []porcupine.Operation
	add := func(do step, from, to Moment) {
		all = append(all, porcupine.Operation{Input: do, Call: int64(from), Return: int64(to)})
	}
	add(step{kind: opens}, x.StartsAt-x.ClockError, x.StartsAt+x.ClockError)
	if x.EndsAt != 0 {
		add(step{kind: ends, n: len(x.Final.Purchase)}, x.EndsAt-x.ClockError, x.EndsAt+x.ClockError)
	}
	for _, c := range x.Changes {
		kinds := map[Kind]kind{Restock: restocks, Pause: pauses, Resume: resumes, End: ends}
		n := c.Add
		if c.Kind == End {
			n = len(x.Final.Purchase)
		}
		add(step{kind: kinds[c.Kind], n: n}, c.Sent, c.Received)
	}
	for _, r := range x.Reads {
		if x.Lag == 0 {
			add(step{kind: reads, n: r.Stock, sold: r.Sold}, r.Sent, r.Received)
		}
	}
	refusals := x.searchable()
	for shopper, mine := range x.byShopper {
		x.stepsOf(shopper, mine, refusals, add)
	}
	lanes(all)
	return all
}

func (x *index) stepsOf(shopper int, mine []int32, refusals bool, add func(step, Moment, Moment)) {
	doubt, confirmed := Moment(math.MinInt64), false
	for _, i := range mine {
		a := &x.Attempts[i]
		n := x.ordinal[shopper]
		switch a.Result {
		case Bought:
			if a.Replayed {
				add(step{kind: has, n: int(a.Ordinal)}, a.Sent, a.Received)
				break
			}
			confirmed = true
			add(step{kind: buys, n: int(a.Ordinal)}, a.Sent, a.Received)
		case AlreadyPurchased:
			add(step{kind: has, n: int(a.Ordinal)}, a.Sent, a.Received)
		case SoldOut:
			if refusals {
				add(step{kind: soldOut, n: n}, a.Sent, a.Received)
			}
		case NotActive:
			if refusals {
				add(step{kind: inactive, n: n}, a.Sent, a.Received)
			}
		case Unanswered, Garbled, OutcomeUnknown:
			if doubt == math.MinInt64 {
				doubt = a.Sent
			}
		default: // nothing was bought, and nothing said
		}
	}
	if n := x.ordinal[shopper]; n > 0 && !confirmed && doubt != math.MinInt64 {
		add(step{kind: buys, n: n}, doubt, Never)
	}
}

// lanes gives each operation a client that is free: the picture draws one row for each.
func lanes(all []porcupine.Operation) {
	slices.SortStableFunc(all, func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) })
	var free []int64 // when the client with this number is
	for i := range all {
		client := slices.IndexFunc(free, func(t int64) bool { return t < all[i].Call })
		if client < 0 {
			client = len(free)
			free = append(free, 0)
		}
		free[client] = all[i].Return
		all[i].ClientId = client
	}
}
