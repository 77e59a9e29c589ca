package judge

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Fairness counts pairs of a shopper who went away with nothing and one who bought: in an unfair pair, the one who
// came first lost.
type Fairness struct {
	// Scope is "server 1" …, or "across" for pairs of any two servers.
	Scope string `json:"scope"`
	// Measure is "sent" when the loser had sent before the winner sent, and "answered" when the loser even had an
	// answer by then. The network may reorder the former; nothing excuses the latter.
	Measure string `json:"measure"`
	Pairs   int64  `json:"pairs"`
	Unfair  int64  `json:"unfair"`
	// Worst is by how much the loser was earlier, in the worst pair.
	Worst time.Duration `json:"worst_ns"`
}

// fairness compares everybody who was told that it is sold out, and never bought, with everybody who bought.
func (x *index) fairness() []Fairness {
	var found []Fairness
	scopes := []int{-1}
	names := []string{"across"}
	for t := range x.Targets {
		if x.Targets > 1 {
			scopes, names = append(scopes, t), append(names, fmt.Sprintf("server %d", t+1))
		}
	}
	for n, scope := range scopes {
		winners, losers := x.outcomes(scope)
		if len(winners) == 0 || len(losers) == 0 {
			continue
		}
		for _, measure := range []string{"sent", "answered"} {
			f := Fairness{Scope: names[n], Measure: measure}
			for _, l := range losers {
				from := l.Sent
				if measure == "answered" {
					from = l.Received
				}
				x.compare(&f, l, from, winners)
			}
			found = append(found, f)
		}
	}
	return found
}

// compare counts the winners who came after a moment of a loser's. Units that arrived after the loser had sent may
// never have been theirs to get.
func (x *index) compare(f *Fairness, loser *Attempt, lost Moment, winners []Moment) {
	until := Moment(math.MaxInt64)
	for _, c := range x.Changes {
		if c.Kind == Restock && c.Received > loser.Sent {
			until = min(until, c.Sent)
		}
	}
	after, _ := slices.BinarySearch(winners, lost+1)
	end, _ := slices.BinarySearch(winners, until)
	f.Pairs += int64(end)
	if end > after {
		f.Unfair += int64(end - after)
		f.Worst = max(f.Worst, winners[end-1]-lost)
	}
}

// outcomes are when the winners sent, in order, and the losers' last attempts; of one target, or with -1 of all.
func (x *index) outcomes(scope int) (winners []Moment, losers []*Attempt) {
	for shopper, mine := range x.byShopper {
		for _, i := range mine {
			a := &x.Attempts[i]
			if scope >= 0 && int(a.Target) != scope {
				continue
			}
			if a.fresh() {
				winners = append(winners, a.Sent)
			} else if a.Result == SoldOut && x.ordinal[shopper] == 0 {
				losers = append(losers, a)
				break // what counts is when they first heard it
			}
		}
	}
	slices.Sort(winners)
	return winners, losers
}
