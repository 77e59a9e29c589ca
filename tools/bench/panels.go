package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// panel is one chart of the plot: series of horizontal bars on one axis.
type panel struct {
	title  string
	unit   string
	log    bool     // its axis is logarithmic
	parts  []string // of which its bars are stacked; empty: a bar is one piece
	series []series
	note   string // what a reader may ask about its labels
}

// series is the bars of one circumstance; its name is shown where a panel has several.
type series struct {
	name string
	bars []bar
}

type bar struct {
	label     string
	tone      string // a class of the plot's style
	value     float64
	low, high float64   // the spread of the rounds
	parts     []float64 // sum up to value
}

// who is one of those who are compared: as the report names it, as the plot does, and the class of its bar.
type who struct{ name, label, tone string }

// The tones: vermilion is Stampede's own way to sell, grey is what that is compared with.
const (
	ours  = "ours"
	other = "other"
)

// panels are the charts of what was measured.
func (r *report) panels() []panel {
	all := r.purchasePanels()
	if r.live {
		all = r.livePanels()
	}
	return slices.DeleteFunc(all, func(p panel) bool { return len(p.series) == 0 || p.longest() == 0 })
}

func (r *report) purchasePanels() []panel {
	long := "long"
	for _, m := range r.Numbers {
		if n := leading(m.Where); m.Part == "history" && n > 0 {
			long = count(n)
		}
	}
	return []panel{
		{
			title: "The purchase engine", unit: "purchases a second; each line of the axis is ten times the last", log: true,
			series: r.bars("engine", "purchases/s", []who{
				{"plain", "plain", other}, {"row lock", "row lock", other}, {"group", "group commit", ours},
			}),
			note: "Plain: one serializable transaction a purchase. Row lock: SELECT … FOR UPDATE.",
		},
		{
			title: "Over HTTP", unit: "answers a second",
			series: r.bars("http", "answers/s", []who{
				{"floor", "floor", other}, {"sold out", "sold out", ours}, {"success", "success", ours},
			}),
			note: "Floor: a purchase of an unknown sale, which touches nothing.",
		},
		{
			title: "Where the time goes", unit: "µs of processor an answer", parts: []string{"server", "PostgreSQL", "load"},
			series: r.stacks("http", "µs of processor", []string{"server", "postgres", "load"}),
			note:   "Load: the load generator, on the same machine.",
		},
		{
			title: "Several replicas", unit: "purchases a second of one sale",
			series: r.bars("replicas", "purchases/s", []who{{"1 replica", "1 replica", other}}),
		},
		{
			title: "A long history", unit: "purchases a second, after so many",
			series: r.bars("history", "purchases/s", []who{
				{"none", "none", other}, {"long", long, ours}, {"same sale", "same sale", ours},
			}),
			note: "Same sale: into the very sale that has sold them.",
		},
	}
}

// livePanels are those of live stock.
func (r *report) livePanels() []panel {
	transports := []who{{ours, "Stampede", ours}, {"bare", "bare broadcast", other}, {"gqlgen", "gqlgen", other}}
	return []panel{
		{
			title: "A subscriber who waits", unit: "KB of resident memory",
			series: r.bars("memory", "resident KB each", transports),
			note: "Bare broadcast: a loop over gorilla/websocket connections that writes prepared bytes and understands " +
				"nothing. gqlgen: its own transport, on gorilla/websocket.",
		},
		{
			title: "… and its goroutines", unit: "each",
			series: r.bars("memory", "goroutines each", transports),
		},
		{
			title: "A state delivered", unit: "µs of the server's processor",
			series: r.bars("fanout", "µs of processor a state", transports),
		},
		{
			title: "From the commit to the receipt", unit: "ms, 99 of 100 are faster, at 5 states a second",
			series: r.bars("fanout", "p99 ms", transports),
		},
	}
}

// bars are what one part measured in one unit, a series for each circumstance: those who are known in their order, then
// the rest, as ours.
func (r *report) bars(part, unit string, known []who) []series {
	var groups []series
	for _, m := range r.inOrder() {
		if m.Part != part || m.Unit != unit || len(m.Rounds) == 0 {
			continue
		}
		if last := len(groups) - 1; last < 0 || groups[last].name != m.Where {
			groups = append(groups, series{name: m.Where})
		}
		b := bar{label: m.Who, tone: ours, value: m.Median, low: slices.Min(m.Rounds), high: slices.Max(m.Rounds)}
		bars := &groups[len(groups)-1].bars
		*bars = append(*bars, b)
	}
	for _, g := range groups {
		rank := func(b bar) int {
			i := slices.IndexFunc(known, func(w who) bool { return w.name == b.label })
			return (i + len(known) + 1) % (len(known) + 1) // the unknown, -1, come last
		}
		slices.SortStableFunc(g.bars, func(a, b bar) int { return cmp.Compare(rank(a), rank(b)) })
		for i, b := range g.bars {
			if at := rank(b); at < len(known) {
				g.bars[i].label, g.bars[i].tone = known[at].label, known[at].tone
			}
		}
	}
	return groups
}

// stacks are a bar for each who, made of what was measured at the given places.
func (r *report) stacks(part, unit string, places []string) []series {
	var bars []bar
	for _, name := range []string{"floor", "sold out", "success"} {
		b := bar{label: name, parts: make([]float64, len(places))}
		var sums []float64
		for _, m := range r.inOrder() {
			place := slices.Index(places, m.Where)
			if m.Part != part || m.Unit != unit || m.Who != name || place < 0 {
				continue
			}
			b.parts[place] = m.Median
			b.value += m.Median
			sums = append(sums, make([]float64, max(0, len(m.Rounds)-len(sums)))...)
			for round, value := range m.Rounds {
				sums[round] += value
			}
		}
		if len(sums) > 0 {
			b.low, b.high = slices.Min(sums), slices.Max(sums)
			bars = append(bars, b)
		}
	}
	if len(bars) == 0 {
		return nil
	}
	return []series{{bars: bars}}
}

// longest is the largest number that the panel must have room for.
func (p panel) longest() float64 {
	longest := 0.0
	for _, g := range p.series {
		for _, b := range g.bars {
			longest = max(longest, b.value, b.high)
		}
	}
	return longest
}

// shortest is the smallest above zero.
func (p panel) shortest() float64 {
	shortest := p.longest()
	for _, g := range p.series {
		for _, b := range g.bars {
			for _, value := range []float64{b.value, b.low} {
				if value > 0 {
					shortest = min(shortest, value)
				}
			}
		}
	}
	return shortest
}

// axis maps a number to a part of the axis' length, 0 to 1, and returns the ticks worth drawing.
func (p panel) axis() (at func(float64) float64, ticks []float64) {
	longest := p.longest()
	if !p.log {
		return func(value float64) float64 { return value / longest }, nil
	}
	// A bar shall be seen: what is close to a decade starts at the one before it.
	first := math.Floor(math.Log10(p.shortest()) - 0.2)
	length := math.Log10(longest) - first
	for decade := first; decade <= math.Log10(longest); decade++ {
		ticks = append(ticks, math.Pow(10, decade))
	}
	return func(value float64) float64 {
		return max(0, (math.Log10(max(value, math.SmallestNonzeroFloat64))-first)/length)
	}, ticks
}

// describe says in words what the panel shows.
func (p panel) describe() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s, %s", p.title, p.unit)
	for _, g := range p.series {
		text.WriteString("; ")
		if len(p.series) > 1 {
			text.WriteString(spaced(g.name) + ": ")
		}
		for i, b := range g.bars {
			if i > 0 {
				text.WriteString(", ")
			}
			text.WriteString(b.label + " " + figure(b.value))
			for j, value := range b.parts {
				fmt.Fprintf(&text, "%s%s %s", []string{" (", ", "}[min(j, 1)], p.parts[j], figure(value))
			}
			if len(b.parts) > 0 {
				text.WriteString(")")
			}
		}
	}
	return text.String() + "."
}

// figure is a number with the digits that count.
func figure(value float64) string {
	switch {
	case value <= 0:
		return "0"
	case value >= 100:
		unit := math.Pow(10, math.Floor(math.Log10(value))-2)
		return grouped(int(math.Round(value/unit) * unit))
	case value >= 10:
		return strconv.FormatFloat(value, 'f', 0, 64)
	default:
		return strconv.FormatFloat(value, 'f', 1, 64)
	}
}

// grouped sets a narrow space between thousands.
func grouped(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%s\u202f%03d", grouped(n/1000), n%1000)
}

// count is a number as one says it.
func count(n int) string {
	if n >= 1_000_000 && n%100_000 == 0 {
		return strconv.FormatFloat(float64(n)/1e6, 'f', -1, 64) + " million"
	}
	return grouped(n)
}

// spaced groups the digits of the number that a name begins with.
func spaced(name string) string {
	if n := leading(name); n > 0 {
		return grouped(n) + strings.TrimPrefix(name, strconv.Itoa(n))
	}
	return name
}
