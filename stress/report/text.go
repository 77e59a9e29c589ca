package report

import (
	"fmt"
	"io"

	"stampede/stress/judge"
)

// Line is the run in one line.
func (r *Result) Line() string {
	s := &r.Summary
	return fmt.Sprintf("%s  %s attempts, %s of %s %s, p99 %s", r.Headline(), number(float64(s.Attempts)),
		number(float64(s.Sold)), number(float64(s.Stock)), r.sold(), millis(s.Latency.P99))
}

// confirmed counts the shoppers who were told that they have bought.
func confirmed(h *judge.History) int {
	who := map[int32]bool{}
	for i := range h.Attempts {
		if a := &h.Attempts[i]; a.Result == judge.Bought {
			who[a.Shopper] = true
		}
	}
	return len(who)
}

// sold is what the number of units means.
func (r *Result) sold() string {
	if r.Unread {
		return "confirmed"
	}
	return "sold"
}

// WriteText writes the verdict for a terminal.
func (r *Result) WriteText(w io.Writer) {
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(w, "  "+format+"\n", args...) } // there is nobody to tell
	s := &r.Summary
	say("")
	say("%s", r.Headline())
	say("")
	say("%s: %s", r.Scenario, r.subline())
	offered := ""
	if s.Offered > 0 {
		offered = " of " + number(s.Offered) + " offered"
	}
	within := ""
	if !r.Unread {
		within = " within " + millis(s.SoldIn)
	}
	say("%s of %s %s%s; %s answers a second%s",
		number(float64(s.Sold)), number(float64(s.Stock)), r.sold(), within, number(s.Answered), offered)
	say("latency from the intended moment: median %s, p99 %s, slowest %s",
		millis(s.Latency.P50), millis(s.Latency.P99), millis(s.Latency.Max))
	if r.Fanout.Count > 0 {
		say("watchers heard within: median %s, p99 %s, slowest %s",
			millis(r.Fanout.P50), millis(r.Fanout.P99), millis(r.Fanout.Max))
	}
	say("generator: %.0f %% of the machine; %s late starts, %s dropped",
		100*s.Generator, number(float64(s.Late)), number(float64(s.Dropped)))
	for _, step := range r.Steps {
		say("%8s/s offered, %8s/s answered, p99 %s%s", number(step.Rate), number(step.Achieved), millis(ms(step.P99)),
			map[bool]string{true: "", false: ": too late"}[step.Held])
	}
	say("")
	for i := range r.Promises {
		p := &r.Promises[i]
		switch {
		case p.Broken > 0:
			say("✕ %s (%s, broken %s times)", p.Says, p.Name, number(float64(p.Broken)))
			for _, e := range p.Examples {
				say("    %s", e)
			}
		case p.Checked > 0:
			say("✓ %s", p.Says)
		default:
			say("– %s (not tested by this run)", p.Says)
		}
	}
	for _, warning := range r.Warnings {
		say("")
		say("! %s", warning)
	}
}
