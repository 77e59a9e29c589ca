package report

import (
	"stampede/stress/judge"
	"stampede/stress/load"
)

// Outage is a time in which a server was away.
type Outage struct {
	From float64 `json:"from_ms"`
	To   float64 `json:"to_ms"`
	// Failed: it was not brought back. To is the end of the load.
	Failed bool `json:"failed,omitempty"`
}

// outages are when servers were away, on the axis of the slices.
func outages(record *load.Record) (all []Outage) {
	for _, o := range record.History.Outages {
		failed := o.To == judge.Never
		if failed {
			o.To = max(o.From, record.LoadTo)
		}
		all = append(all, Outage{From: ms(o.From - record.LoadFrom), To: ms(o.To - record.LoadFrom), Failed: failed})
	}
	return all
}

// outages are drawn beneath all else.
func (r *Result) outages(c *Chart) {
	x, p := r.time(c), &pen{}
	for _, o := range r.Outages {
		left, right := x.at(max(0, min(o.From, x.high))), x.at(max(0, min(o.To, x.high)))
		p.rect(left, edgeTop, max(right-left, 1), plotBottom-edgeTop)
	}
	c.draw("fill bad", p)
}

// done is what was done to servers.
func (r *Result) done() string {
	if r.Scenario == string(load.Freeze) {
		return "frozen"
	}
	return "killed"
}

// goneFor is what the times of outages are.
func (r *Result) goneFor() string {
	if r.Scenario == string(load.Freeze) {
		return r.done()
	}
	return r.done() + ", and not yet back"
}

// away is how often a server was, and for how long. The scenario has the outage's name.
func (r *Result) away() string {
	end := ""
	if n := len(r.Outages); r.Outages[n-1].Failed {
		end = ", not back from the last"
	}
	said := count(len(r.Outages), r.Scenario)
	if longest := r.longestOutage(); longest > 0 {
		said += ", back within " + millis(longest)
	}
	if beside := r.Summary.Beside; beside > 0 {
		end += ", the others answered within " + millis(beside)
	}
	return said + end
}

// longestOutage is in milliseconds, of those that had an end.
func (r *Result) longestOutage() (longest float64) {
	for _, o := range r.Outages {
		if !o.Failed {
			longest = max(longest, o.To-o.From)
		}
	}
	return longest
}
