package judge

import (
	"fmt"
	"time"
)

// Promise is one thing that a flash sale promises, and how it was kept.
type Promise struct {
	Name string `json:"name"`
	Says string `json:"says"`
	// Checked is how often the promise was put to the test; 0: this run had nothing to test it by.
	Checked int `json:"checked"`
	// Broken is how often it was found broken; Examples are the first few, in sentences.
	Broken   int      `json:"broken"`
	Examples []string `json:"examples,omitempty"`
}

// Kept says that nothing was found against it.
func (p *Promise) Kept() bool { return p.Broken == 0 }

// maxExamples is how many findings against one promise are told.
const maxExamples = 5

// broken notes a finding.
func (p *Promise) broken(format string, args ...any) {
	p.Broken++
	if len(p.Examples) < maxExamples {
		p.Examples = append(p.Examples, fmt.Sprintf(format, args...))
	}
}

// hold notes one test and, unless it went well, a finding.
func (p *Promise) hold(well bool, format string, args ...any) {
	p.Checked++
	if !well {
		p.broken(format, args...)
	}
}

// Verdict is what the judge made of a history.
type Verdict struct {
	Promises []Promise  `json:"promises"`
	Fairness []Fairness `json:"fairness"`
	// Lags are how late each event told a watcher of a purchase.
	Lags []Lag `json:"-"`
	// Search says how the search for a linearization ended: "Ok", "Illegal", "Unknown", or "" when there was none.
	Search string `json:"linearization,omitempty"`
	// SearchTook is how long it took.
	SearchTook time.Duration `json:"-"`
	// Picture is that search as a page of HTML.
	Picture []byte `json:"-"`
}

// Kept says that every promise was kept.
func (v *Verdict) Kept() bool {
	for i := range v.Promises {
		if !v.Promises[i].Kept() {
			return false
		}
	}
	return true
}

// The names of the promises.
const (
	NeverOversold    = "never-oversold"
	OnePerShopper    = "one-per-shopper"
	ConfirmedIsKept  = "confirmed-is-kept"
	ListedWasAsked   = "listed-was-asked-for"
	OrdinalsNoGaps   = "ordinals-without-gaps"
	OrderIsRealTime  = "order-is-real-time"
	NoFalseSoldOut   = "no-false-sold-out"
	RefusalsAreTrue  = "refusals-are-true"
	OnlyWhileOpen    = "only-while-open"
	SameKeySame      = "same-key-same-answer"
	DoubtIsSettled   = "doubt-is-settled"
	EveryoneAnswered = "everyone-is-answered"
	CountIsTheList   = "count-is-the-list"
	StockMovesOn     = "stock-moves-forward"
	StockAddsUp      = "stock-adds-up"
	PhaseIsTrue      = "phase-is-true"
	WatchersLearn    = "watchers-learn-the-truth"
	IsLinearizable   = "linearizable"
	unknownIsFailure = "no order was found within %s, and none was ruled out: that counts as a failure"
)

// briefSearch is how long the search takes at the most where other promises were broken.
const briefSearch = time.Second

// Judge decides.
func Judge(h *History) Verdict {
	copied := *h
	x := newIndex(&copied)
	v := Verdict{}
	for _, p := range []struct {
		name, says string
		check      func(*index, *Promise)
	}{
		{NeverOversold, "Never more units are sold than there are.", (*index).neverOversold},
		{OnePerShopper, "Nobody gets two.", (*index).onePerShopper},
		{ConfirmedIsKept, "Every confirmed purchase is in the final list, under its number.", (*index).confirmedIsKept},
		{ListedWasAsked, "Every purchase in the list was asked for by its shopper.", (*index).listedWasAskedFor},
		{OrdinalsNoGaps, "The list is numbered 1 … n without gaps.", (*index).ordinalsWithoutGaps},
		{OrderIsRealTime, "Who had an answer before another asked has the lower number.", (*index).orderIsRealTime},
		{NoFalseSoldOut, "Nobody hears “sold out” while a unit is left.", (*index).noFalseSoldOut},
		{RefusalsAreTrue, "Every other refusal is true.", (*index).refusalsAreTrue},
		{OnlyWhileOpen, "Nothing is sold before the start, after the end or on hold.", (*index).onlyWhileOpen},
		{SameKeySame, "The same key gets the same answer.", (*index).sameKeySameAnswer},
		{DoubtIsSettled, "An unknown outcome, asked again, ends in one truth.", (*index).doubtIsSettled},
		{EveryoneAnswered, "Who keeps asking gets an answer.", (*index).everyoneIsAnswered},
		{CountIsTheList, "The counter of every server says what the list says.", (*index).countIsTheList},
		{StockMovesOn, "Revisions rise, and what was sold stays sold.", (*index).stockMovesForward},
		{StockAddsUp, "Stock = sold + remaining, always.", (*index).stockAddsUp},
		{PhaseIsTrue, "Upcoming, active, on hold, sold out, over: it is what it is said to be.", (*index).phaseIsTrue},
		{WatchersLearn, "Watchers hear of every sale in time, and end with the truth.", func(x *index, p *Promise) {
			v.Lags = x.watchersLearnTheTruth(p)
		}},
		{IsLinearizable, "One order of single steps explains every answer.", func(x *index, p *Promise) {
			if !v.Kept() { // the verdict stands, and a search among answers that contradict each other is long
				x.SearchLimit = min(x.SearchLimit, briefSearch)
			}
			x.linearizable(p, &v)
		}},
	} {
		found := Promise{Name: p.name, Says: p.says}
		p.check(x, &found)
		v.Promises = append(v.Promises, found)
	}
	v.Fairness = x.fairness()
	return v
}
