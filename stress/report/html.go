package report

import (
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	"stampede/stress/judge"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"number": func(n any) string {
		switch v := n.(type) {
		case int:
			return number(float64(v))
		case int64:
			return number(float64(v))
		case float64:
			return number(v)
		}
		return fmt.Sprint(n)
	},
	"checks":  func(n int) string { return count(n, "check") },
	"millis":  millis,
	"percent": func(v float64) string { return number(float64(int(v*100+0.5))) + thin + "%" },
	"date":    func(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") },
}).Parse(pageText))

// WriteHTML writes the page: one file, without anything from elsewhere.
func (r *Result) WriteHTML(w io.Writer) error {
	return page.Execute(w, struct {
		*Result
		Headline string
		Subline  string
		Icon     template.URL
		Numerals []numeral
		Curves   []*Chart
		Tables   []table
		Search   template.URL
	}{
		r, r.Headline(), r.subline(), r.icon(), r.numerals(), r.Charts(), r.tables(), r.search(),
	})
}

// Broken counts the promises that were not kept.
func (r *Result) Broken() (n int) {
	for i := range r.Promises {
		if !r.Promises[i].Kept() {
			n++
		}
	}
	return n
}

// Headline is the verdict in a sentence.
func (r *Result) Headline() string {
	broken := r.Broken()
	switch {
	case r.Unread:
		return "How it ended could not be read: there was nothing to judge by."
	case r.Unjudged && !r.Interrupted:
		return "Nobody got an answer: there was nothing to judge."
	case broken == 1:
		return "One promise is broken."
	case broken > 1:
		return fmt.Sprintf("%d promises are broken.", broken)
	case r.Interrupted:
		return "Interrupted. No promise was broken until then."
	case r.Failure != "":
		return "Not played to its end. No promise was broken until then."
	default:
		return "Every promise was kept."
	}
}

// Ordered are the promises, the broken ones first and those that were not tested last.
func (r *Result) Ordered() []judge.Promise {
	rank := func(p judge.Promise) int {
		switch {
		case p.Broken > 0:
			return 0
		case p.Checked > 0:
			return 1
		default:
			return 2
		}
	}
	return slices.SortedStableFunc(slices.Values(r.Promises), func(a, b judge.Promise) int { return rank(a) - rank(b) })
}

// subline is the run in a sentence.
func (r *Result) subline() string {
	s := &r.Summary
	parts := []string{
		count(s.Shoppers, "shopper"), count(s.Attempts, "attempt"), count(s.Stock, "unit"),
		count(s.Watchers, "watcher"), count(len(r.Targets), "server"), fmt.Sprintf("seed %d", r.Config.Seed),
	}
	if len(r.Outages) > 0 {
		parts = append(parts, r.away())
	}
	return strings.Join(parts, " · ")
}

func count(n int, what string) string {
	switch {
	case n == 1:
	case strings.HasSuffix(what, "sh"):
		what += "es"
	default:
		what += "s"
	}
	return number(float64(n)) + " " + what
}

// icon is a disc in the verdict's colour.
func (r *Result) icon() template.URL {
	colour := "3C7A4B"
	if !r.Kept {
		colour = "C8371A"
	}
	disc := "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E" +
		"%3Ccircle cx='8' cy='8' r='7' fill='%23" + colour + "'/%3E%3C/svg%3E"
	return template.URL(disc) //nolint:gosec // it is all from here
}

// numeral is a large number and what it is.
type numeral struct{ Value, Of, Name string }

func (r *Result) numerals() []numeral {
	s := &r.Summary
	answered := "answered"
	if s.Offered > 0 {
		answered += ", of " + number(s.Offered) + " offered"
	}
	all := []numeral{
		{number(float64(s.Sold)), "of " + number(float64(s.Stock)), "units " + r.sold()},
		{number(s.Answered), "/s", answered},
		{millis(s.Latency.P50), "", "median"},
		{millis(s.Latency.P99), "", "slowest 1\u202f%"},
	}
	if r.Fanout.Count > 0 {
		all = append(all, numeral{millis(r.Fanout.P99), "", "watchers’ slowest 1\u202f%"})
	}
	return append(all, numeral{fmt.Sprintf("%.0f%s%%", 100*s.Generator, thin), "", "of the machine was this load"})
}

// table is a small one for those who want the digits.
type table struct {
	Name string
	Head []string
	Rows [][]string
}

func (r *Result) tables() []table {
	s := &r.Summary
	latencies := table{Name: "Latencies", Head: []string{"", "count", "p50", "p90", "p99", "p99.9", "slowest"}}
	for _, row := range []struct {
		name string
		p    Percentiles
	}{
		{"from the intended moment", s.Latency},
		{"from the first byte", s.FromSent},
		{"delay of starts", s.Starts},
		{"watchers", r.Fanout},
	} {
		if row.p.Count > 0 {
			latencies.Rows = append(latencies.Rows, []string{
				row.name, number(float64(row.p.Count)), millis(row.p.P50), millis(row.p.P90), millis(row.p.P99),
				millis(row.p.P999), millis(row.p.Max),
			})
		}
	}
	outcomes := table{Name: "Outcomes", Head: []string{"", "attempts"}}
	for i := range judge.Results {
		name := judge.Result(i).String()
		if n := s.Outcomes[name]; n > 0 {
			outcomes.Rows = append(outcomes.Rows, []string{name, number(float64(n))})
		}
	}
	outcomes.Rows = append(outcomes.Rows, []string{"planned arrivals", number(float64(s.Planned))},
		[]string{"late by 10 ms or more", number(float64(s.Late))}, []string{"dropped", number(float64(s.Dropped))},
		[]string{"watchers’ connections lost", number(float64(s.WatcherCuts))},
		[]string{"shoppers without an answer", number(float64(s.unanswered()))})
	all := []table{latencies, outcomes}
	if len(r.Fairness) > 0 {
		fair := table{
			Name: "Fairness: pairs in which the earlier one lost",
			Head: []string{"", "the loser had", "pairs", "unfair", "by at most"},
		}
		for _, f := range r.Fairness {
			fair.Rows = append(fair.Rows, []string{
				f.Scope, f.Measure, number(float64(f.Pairs)), number(float64(f.Unfair)), millis(ms(f.Worst)),
			})
		}
		all = append(all, fair)
	}
	return all
}

// search is porcupine's page, for a frame of its own.
func (r *Result) search() template.URL {
	if len(r.Picture) == 0 {
		return ""
	}
	picture := "data:text/html;base64," + base64.StdEncoding.EncodeToString(r.Picture)
	return template.URL(picture) //nolint:gosec // porcupine has made it
}
