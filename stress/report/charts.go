package report

import (
	"fmt"
	"math"

	"stampede/stress/judge"
)

// Charts are a result's drawings, in the order in which they are read; those that would show nothing are left out.
func (r *Result) Charts() []*Chart {
	var all []Chart
	if len(r.Steps) > 0 {
		all = append(all, r.climbChart())
	}
	if !r.Unread {
		all = append(all, r.stockChart())
	}
	all = append(all, r.outcomeChart())
	if len(r.Steps) == 0 {
		all = append(all, r.rateChart())
	}
	all = append(all, r.latencyChart(), r.curveChart())
	if r.Fanout.Count > 0 {
		all = append(all, r.fanoutChart())
	}
	if len(all)%2 == 1 { // no hole in the page
		all = append(all, r.startsChart())
	}
	if len(r.Arrivals) > 0 && len(r.Fairness) > 0 {
		all = append(all, r.arrivalChart())
	}
	charts := make([]*Chart, len(all))
	for i := range all {
		charts[i] = &all[i]
	}
	return charts
}

func (r *Result) time(c *Chart) axis {
	last := r.Series[len(r.Series)-1]
	return c.across(last.At + last.Width)
}

// values are one number of every slice.
func (r *Result) values(of func(Slice) float64) []float64 {
	all := make([]float64, len(r.Series))
	for i, s := range r.Series {
		all[i] = of(s)
	}
	return all
}

// line draws a value over time, at the middle of each slice; slices without one are gaps.
func (r *Result) line(c *Chart, class string, y axis, skipEmpty bool, of func(Slice) float64) {
	x, p := r.time(c), &pen{}
	for _, s := range r.Series {
		v := of(s)
		if skipEmpty && v == 0 {
			continue
		}
		p.to(x.at(s.At+s.Width/2), y.at(v))
	}
	c.draw(class, p)
}

func (r *Result) stockChart() Chart {
	c := Chart{Title: "Stock and sold", Unit: "units"}
	x, y := r.time(&c), upTo(r.values(func(s Slice) float64 { return float64(s.Stock) })...)
	r.outages(&c)
	if sold, all := r.Summary.Sold, r.Summary.Stock; sold*10 < all { // a stock that is out of sight
		y = upTo(float64(sold))
		c.Says = fmt.Sprintf("The stock of %s lies far above.", number(float64(all)))
	}
	area, stock, edge := &pen{}, &pen{}, &pen{}
	area.to(x.at(0), y.at(0))
	edge.to(x.at(0), y.at(0))
	for i, s := range r.Series {
		if i == 0 {
			stock.to(x.at(0), y.at(float64(r.Config.Stock)))
		} else {
			stock.to(x.at(s.At), y.at(float64(s.Stock)))
		}
		stock.to(x.at(s.At+s.Width), y.at(float64(s.Stock)))
		area.to(x.at(s.At+s.Width), y.at(float64(s.Sold)))
		edge.to(x.at(s.At+s.Width), y.at(float64(s.Sold)))
	}
	area.to(x.to, y.at(0))
	c.draw("fill good", area)
	c.draw("line good", edge)
	if c.Says == "" {
		c.draw("line ink dash", stock)
		c.legend("ink", "stock")
	}
	c.legend("good", "sold")
	c.rows(y, number)
	c.seconds(x)
	return c
}

func (r *Result) rateChart() Chart {
	c := Chart{Title: "Offered and achieved", Unit: "a second"}
	per := func(n int, s Slice) float64 { return float64(n) / s.Width * 1000 }
	offered := func(s Slice) float64 { return per(s.Offered, s) }
	answered := func(s Slice) float64 { return per(s.Answered, s) }
	y := upTo(append(r.values(offered), r.values(answered)...)...)
	r.outages(&c)
	r.line(&c, "line soft", y, false, offered)
	r.line(&c, "line ink", y, false, answered)
	if len(r.Outages) > 0 {
		c.legend("bad", r.goneFor())
	}
	c.legend("soft", "offered")
	c.legend("ink", "answered")
	c.rows(y, number)
	c.seconds(r.time(&c))
	return c
}

func (r *Result) latencyChart() Chart {
	c := Chart{Title: "Latency over time", Unit: "from the intended moment"}
	p50 := func(s Slice) float64 { return s.P50 }
	p99 := func(s Slice) float64 { return s.P99 }
	top := func(s Slice) float64 { return s.Max }
	y := decades(append(r.values(p50), r.values(top)...)...)
	r.outages(&c)
	r.line(&c, "line faint", y, true, top)
	r.line(&c, "line ink", y, true, p99)
	r.line(&c, "line good", y, true, p50)
	c.legend("faint", "slowest")
	c.legend("ink", "p99")
	c.legend("good", "median")
	c.rows(y, millis)
	c.seconds(r.time(&c))
	return c
}

func (r *Result) curveChart() Chart {
	c := Chart{Title: "Latency by percentile", Unit: "each step right: ten times rarer"}
	c.legend("ink", "from the intended moment")
	c.legend("soft", "from the first byte")
	curves := map[string][]Point{"line soft": r.Service, "line ink": r.Curve}
	percentileCurves(&c, curves, []string{"line soft", "line ink"})
	return c
}

func (r *Result) fanoutChart() Chart {
	c := Chart{Title: "How late watchers heard", Unit: "from the sale to the screen"}
	c.Says = fmt.Sprintf("%s events told %s watchers of sales.",
		number(float64(r.Fanout.Count)), number(float64(r.Summary.Watchers)))
	percentileCurves(&c, map[string][]Point{"line ink": r.FanoutCurve}, []string{"line ink"})
	return c
}

// startsChart shows the load's own delay: how far it can be believed.
func (r *Result) startsChart() Chart {
	c := Chart{Title: "The load’s own delay", Unit: "from the intended moment to the first byte"}
	percentileCurves(&c, map[string][]Point{"line ink": r.Starts}, []string{"line ink"})
	return c
}

// percentileCurves draws curves over the number of nines.
func percentileCurves(c *Chart, curves map[string][]Point, order []string) {
	var values []float64
	most := 1.0
	nines := func(p Point) float64 { return -math.Log10(1 - p.X/100) }
	for _, points := range curves {
		for _, p := range points {
			values = append(values, p.Y)
			most = max(most, nines(p))
		}
	}
	x, y := c.across(most), decades(values...)
	for _, class := range order {
		line := &pen{}
		for _, p := range curves[class] {
			line.to(x.at(nines(p)), y.at(p.Y))
		}
		c.draw(class, line)
	}
	for n, text := range []string{"0", "90 %", "99 %", "99.9 %", "99.99 %", "99.999 %", "99.9999 %"} {
		if float64(n) <= most+0.01 {
			c.column(x.at(float64(n)), text)
		}
	}
	c.rows(y, millis)
}

// outcomeTones say how each outcome is drawn, from the bottom up.
var outcomeTones = []struct {
	class, text string
	of          []judge.Result
}{
	{"good", "bought", []judge.Result{judge.Bought}},
	{"soft", "sold out", []judge.Result{judge.SoldOut}},
	{"blue", "bought before", []judge.Result{judge.AlreadyPurchased}},
	{"faint", "not active", []judge.Result{judge.NotActive, judge.NotFound}},
	{"wait", "busy", []judge.Result{judge.Busy, judge.Throttled}},
	{"bad", "no answer", []judge.Result{judge.Unsent, judge.Unanswered, judge.Garbled, judge.OutcomeUnknown}},
}

// outcomeChart stacks what came of the attempts.
func (r *Result) outcomeChart() Chart {
	c := Chart{Title: "Outcomes", Unit: "a second"}
	per := func(n int, s Slice) float64 { return float64(n) / s.Width * 1000 }
	x, y := r.time(&c), upTo(r.values(func(s Slice) float64 {
		n := 0
		for _, count := range s.Outcomes {
			n += count
		}
		return per(n, s)
	})...)
	below := make([]float64, len(r.Series))
	for _, tone := range outcomeTones {
		p, all := &pen{}, 0
		for i, s := range r.Series {
			n := 0
			for _, result := range tone.of {
				n += s.Outcomes[result.String()]
			}
			if n == 0 {
				continue
			}
			all += n
			upper := below[i] + per(n, s)
			left, right := x.at(s.At), x.at(s.At+s.Width)
			p.rect(left+0.6, y.at(upper), max(right-left-1.2, 0.8), y.at(below[i])-y.at(upper))
			below[i] = upper
		}
		if all > 0 {
			c.draw("bar "+tone.class, p)
			c.legend(tone.class, tone.text+" "+number(float64(all)))
		}
	}
	c.rows(y, number)
	c.seconds(x)
	return c
}

// arrivalChart shows the queue: who came first, and who bought.
func (r *Result) arrivalChart() Chart {
	c := Chart{Wide: true, Title: "First come, first served", Unit: "the queue in the order of sending, by fiftieths"}
	x, y := c.across(float64(len(r.Arrivals))), axis{high: 100, from: plotBottom, to: edgeTop}
	won, lost := &pen{}, &pen{}
	for i, a := range r.Arrivals {
		left, width := x.at(float64(i))+0.6, x.at(1)-x.at(0)-1.2
		middle := y.at(100 * float64(a.Won) / float64(max(1, a.Won+a.Lost)))
		won.rect(left, middle, width, plotBottom-middle)
		lost.rect(left, edgeTop, width, middle-edgeTop)
	}
	c.draw("bar good", won)
	c.draw("bar faint", lost)
	c.legend("good", "bought")
	c.legend("faint", "went away with nothing")
	c.rows(y, func(v float64) string { return number(v) + " %" })
	for i, text := range map[int]string{0: "first", len(r.Arrivals) / 2: "middle", len(r.Arrivals): "last"} {
		c.column(x.at(float64(i)), text)
	}
	for _, f := range r.Fairness {
		if f.Scope == "across" && f.Measure == "answered" {
			c.Says = fmt.Sprintf("Pairs in which the loser had an answer before the winner sent: %s of %s.",
				number(float64(f.Unfair)), number(float64(f.Pairs)))
		}
	}
	return c
}

// climbChart shows a ramp: where the knee is.
func (r *Result) climbChart() Chart {
	c := Chart{Title: "The knee", Unit: "p99 by offered rate"}
	var rates, p99s []float64
	for _, s := range r.Steps {
		rates, p99s = append(rates, s.Rate), append(p99s, ms(s.P99))
	}
	x, y := c.across(upTo(rates...).high), decades(p99s...)
	line := &pen{}
	for i := range rates {
		line.to(x.at(rates[i]), y.at(p99s[i]))
	}
	c.draw("line ink", line)
	for i, s := range r.Steps {
		dot, class := &pen{}, "bar good"
		if !s.Held {
			class = "bar bad"
		}
		dot.rect(x.at(rates[i])-4, y.at(p99s[i])-4, 8, 8)
		c.draw(class, dot)
		if s.Held {
			c.Says = fmt.Sprintf("%s a second held, with a p99 of %s.", number(s.Rate), millis(p99s[i]))
		}
	}
	c.rows(y, millis)
	for _, v := range x.ticks() {
		c.column(x.at(v), number(v))
	}
	return c
}
