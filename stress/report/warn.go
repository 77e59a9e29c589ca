package report

import (
	"fmt"
	"slices"
	"strings"

	"stampede/stress/judge"
	"stampede/stress/load"
)

// unanswered fills in who got no answer. A run in which nobody got one has proved nothing.
func (r *Result) unanswered(record *load.Record) {
	r.Unjudged = !slices.ContainsFunc(record.History.Attempts, func(a judge.Attempt) bool { return a.Result.Final() })
	r.Unjudged = r.Unjudged || record.Unread
	r.Kept = r.Kept && !r.Unjudged
	for result, n := range record.History.Unanswered() {
		if r.Summary.Unanswered == nil {
			r.Summary.Unanswered = map[string]int{}
		}
		r.Summary.Unanswered[result.String()] = n
	}
}

// warn says what a reader must know before believing the latencies.
func (r *Result) warn() {
	s := &r.Summary
	if s.Planned > 0 && s.Late*100 > s.Planned {
		why := "the generator, or the machine that it shares, was the limit"
		if len(r.Outages) > 0 {
			why = "every connection was waiting for a server that had been " + r.done() + ", or " + why
		}
		r.Warnings = append(r.Warnings, fmt.Sprintf(
			"%s of %s starts were more than 10 ms late: %s. Latencies count from the intended moment and include it.",
			number(float64(s.Late)), number(float64(s.Planned)), why))
	}
	if s.Dropped > 0 {
		r.Warnings = append(r.Warnings, fmt.Sprintf(
			"%s arrivals were dropped: every connection was busy for longer than %s.",
			number(float64(s.Dropped)), r.Config.MaxLate))
	}
	if len(s.Unanswered) > 0 && !r.Interrupted {
		r.Warnings = append(r.Warnings, s.leftWithout())
	}
	switch lost := s.WatcherCuts + s.Outcomes[judge.Unsent.String()] + s.Outcomes[judge.Unanswered.String()]; {
	case r.Config.Scenario.Takes != load.None && len(r.Outages) == 0:
		r.Warnings = append(r.Warnings, "The load was over before a server was "+r.done()+".")
	case r.Scenario == string(load.Crash) && len(r.Outages) > 0 && lost == 0 && s.Watchers >= len(r.Targets):
		// Buyers may only have waited longer.
		r.Warnings = append(r.Warnings, "Nobody has noticed that a server was killed: perhaps none was.")
	case r.Scenario == string(load.Freeze) && s.Latency.Max < r.longestOutage()/2:
		r.Warnings = append(r.Warnings, "Nobody has noticed that a server was frozen: perhaps none was.")
	}
	if s.WatcherCuts > 0 && len(r.Outages) == 0 {
		r.Warnings = append(r.Warnings, fmt.Sprintf(
			"Watchers lost their connection, or got none, %s times without their will.", number(float64(s.WatcherCuts))))
	}
	if s.Generator > 0.7 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("The generator used %.0f %% of the machine: measure from another one.",
			100*s.Generator))
	}
	if r.Failure != "" {
		r.Warnings = append(r.Warnings, "The run was not played to its end: "+r.Failure)
	}
	if r.Interrupted {
		r.Warnings = append(r.Warnings, "The run was interrupted: what is shown is what had happened by then.")
	}
}

// unanswered is how many they are.
func (s *Summary) unanswered() (all int) {
	for _, n := range s.Unanswered {
		all += n
	}
	return all
}

// incomplete says why the run is no proof, whatever was found; "" when it is one.
func (r *Result) incomplete() string {
	switch {
	case r.Interrupted:
		return "it was interrupted"
	case r.Unread:
		return r.Failure
	case r.Unjudged:
		return "nobody got an answer"
	case r.Failure != "":
		return r.Failure
	}
	return ""
}

// leftWithout tells of those who got no answer.
func (s *Summary) leftWithout() string {
	var words []string
	for i := range judge.Results {
		name := judge.Result(i).String()
		if n := s.Unanswered[name]; n > 0 {
			words = append(words, fmt.Sprintf("%s %s", number(float64(n)), name))
		}
	}
	return fmt.Sprintf("%s of %s got no answer, and are in no latency. Their last words: %s.",
		number(float64(s.unanswered())), count(s.Shoppers, "shopper"), strings.Join(words, ", "))
}
