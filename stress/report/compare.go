package report

import (
	"fmt"
	"io"
	"text/tabwriter"

	"stampede/stress/judge"
)

// Compare writes two runs beside each other, and what changed.
func Compare(w io.Writer, a, b *Result) error {
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
	row := func(cells ...any) {
		for _, c := range cells {
			_, _ = fmt.Fprintf(table, "%v\t", c) // Flush tells
		}
		_, _ = fmt.Fprintln(table)
	}
	row("", "a", "b", "b / a")
	row("scenario", a.Scenario, b.Scenario, "")
	row("verdict", a.verdict(), b.verdict(), "")
	row("seed", a.Config.Seed, b.Config.Seed, "")
	row("cores", a.Machine.Cores, b.Machine.Cores, "")
	for _, line := range []struct {
		name string
		text func(float64) string
		of   func(*Result) float64
	}{
		{"shoppers", number, func(r *Result) float64 { return float64(r.Summary.Shoppers) }},
		{"attempts", number, func(r *Result) float64 { return float64(r.Summary.Attempts) }},
		{"sold", number, func(r *Result) float64 { return float64(r.Summary.Sold) }},
		{"of", number, func(r *Result) float64 { return float64(r.Summary.Stock) }},
		{"sold within", millis, func(r *Result) float64 { return r.Summary.SoldIn }},
		{"took", millis, func(r *Result) float64 { return r.Summary.Took }},
		{"offered /s", number, func(r *Result) float64 { return r.Summary.Offered }},
		{"answered /s", number, func(r *Result) float64 { return r.Summary.Answered }},
		{"latency p50", millis, func(r *Result) float64 { return r.Summary.Latency.P50 }},
		{"latency p90", millis, func(r *Result) float64 { return r.Summary.Latency.P90 }},
		{"latency p99", millis, func(r *Result) float64 { return r.Summary.Latency.P99 }},
		{"latency p99.9", millis, func(r *Result) float64 { return r.Summary.Latency.P999 }},
		{"latency max", millis, func(r *Result) float64 { return r.Summary.Latency.Max }},
		{"watchers p50", millis, func(r *Result) float64 { return r.Fanout.P50 }},
		{"watchers p99", millis, func(r *Result) float64 { return r.Fanout.P99 }},
		{"unanswered", number, func(r *Result) float64 { return float64(r.Summary.unanswered()) }},
		{"watchers cut", number, func(r *Result) float64 { return float64(r.Summary.WatcherCuts) }},
		{"late starts", number, func(r *Result) float64 { return float64(r.Summary.Late) }},
		{"dropped", number, func(r *Result) float64 { return float64(r.Summary.Dropped) }},
		{"generator %", number, func(r *Result) float64 { return 100 * r.Summary.Generator }},
	} {
		row(line.name, line.text(line.of(a)), line.text(line.of(b)), ratio(line.of(a), line.of(b)))
	}
	for i := range judge.Results {
		name := judge.Result(i).String()
		if m, n := a.Summary.Outcomes[name], b.Summary.Outcomes[name]; m+n > 0 {
			row(name, number(float64(m)), number(float64(n)), ratio(float64(m), float64(n)))
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	return comparePromises(w, a, b)
}

// comparePromises says which promises were kept in one of the runs only.
func comparePromises(w io.Writer, a, b *Result) error {
	before := map[string]bool{}
	for i := range a.Promises {
		before[a.Promises[i].Name] = a.Promises[i].Kept()
	}
	for i := range b.Promises {
		p := &b.Promises[i]
		kept, known := before[p.Name]
		var said string
		switch {
		case known && kept && !p.Kept():
			said = "broken now"
		case known && !kept && p.Checked == 0:
			said = "not tested now"
		case known && !kept && p.Kept():
			said = "kept now"
		default:
			continue
		}
		if _, err := fmt.Fprintf(w, "%s: %s (%s)\n", said, p.Says, p.Name); err != nil {
			return err
		}
	}
	return nil
}

func (r *Result) verdict() string {
	switch {
	case r.Kept:
		return "kept"
	case r.Broken() > 0:
		return "BROKEN"
	case r.Interrupted:
		return "interrupted"
	case r.Unjudged:
		return "nothing to judge"
	default:
		return "not played out"
	}
}

func ratio(a, b float64) string {
	if a == 0 || b == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", b/a)
}
