package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// The paper of a chart, in its own units, and the edges around the plot.
const (
	paperWidth, paperHeight = 560.0, 230.0
	wideWidth               = 1164.0
	edgeLeft, edgeRight     = 64.0, 14.0
	edgeTop, edgeBottom     = 12.0, 30.0
	plotBottom              = paperHeight - edgeBottom
	mostTicks               = 5
	roomAbove               = 1.06 // above the highest value
)

// Chart is a drawing: its template only writes down what stands here.
type Chart struct {
	Title, Unit, Says string
	Wide              bool // as wide as the page
	Legend            []Mark
	Rows, Columns     []Tick // of the vertical and of the horizontal axis
	Paths             []Path
}

// Mark is an entry of a legend.
type Mark struct{ Class, Text string }

// Tick is a place on an axis: Y of a row, X of a column.
type Tick struct {
	X, Y   float64
	Anchor string
	Text   string
}

// Path is a line or, with a class that fills, an area.
type Path struct{ Class, D string }

// Width is that of the paper.
func (c *Chart) Width() float64 {
	if c.Wide {
		return wideWidth
	}
	return paperWidth
}

// Left is where the plot begins: beside a number of six digits.
func (c *Chart) Left() float64 { return edgeLeft }

// Right is where the plot ends.
func (c *Chart) Right() float64 { return c.Width() - edgeRight }

// across is a horizontal axis that begins with nothing.
func (c *Chart) across(to float64) axis {
	return axis{high: to, from: edgeLeft, to: c.Right()}
}

// column puts a tick on the horizontal axis; its text stays on the paper.
func (c *Chart) column(x float64, text string) {
	anchor := "middle"
	if x > c.Right()-20 {
		anchor = "end"
	}
	c.Columns = append(c.Columns, Tick{X: round1(x), Y: plotBottom + 19, Anchor: anchor, Text: text})
}

// axis maps values to places.
type axis struct {
	low, high float64
	log       bool
	from, to  float64
}

func (a axis) at(v float64) float64 {
	low, high := a.low, a.high
	if a.log {
		low, high, v = math.Log10(low), math.Log10(high), math.Log10(max(v, a.low))
	}
	if high <= low {
		return a.from
	}
	return a.from + (a.to-a.from)*(v-low)/(high-low)
}

// ticks are round values that lie on the axis.
func (a axis) ticks() []float64 {
	var ticks []float64
	if a.log {
		between := []float64{1}
		if a.high/a.low < 200 { // few decades: the steps between them too
			between = []float64{1, 2, 5}
		}
		for v := math.Pow(10, math.Floor(math.Log10(a.low)+1e-9)); v <= a.high*1.0001; v *= 10 {
			for _, times := range between {
				if v*times >= a.low*0.999 && v*times <= a.high*1.0001 {
					ticks = append(ticks, v*times)
				}
			}
		}
		return ticks
	}
	step := math.Pow(10, math.Floor(math.Log10((a.high-a.low)/mostTicks)))
	for _, times := range []float64{1, 2, 5, 10} {
		if (a.high-a.low)/(step*times) <= mostTicks {
			step *= times
			break
		}
	}
	for v := math.Ceil(a.low/step-1e-9) * step; v <= a.high*1.0001; v += step {
		ticks = append(ticks, v)
	}
	return ticks
}

// upTo is a vertical axis from nothing to the highest of the values.
func upTo(values ...float64) axis {
	high := 0.0
	for _, v := range values {
		high = max(high, v)
	}
	if high == 0 {
		high = 1
	}
	return axis{high: high * roomAbove, from: plotBottom, to: edgeTop}
}

// decades is a logarithmic vertical axis around the values that are more than nothing.
func decades(values ...float64) axis {
	low, high := math.Inf(1), 0.0
	for _, v := range values {
		if v > 0 {
			low, high = min(low, v), max(high, v)
		}
	}
	if high == 0 {
		low, high = 1, 10
	}
	low, high = low/1.3, high*1.3
	if high < low*8 { // a band that is too narrow looks wilder than it is
		middle := math.Sqrt(low * high)
		low, high = middle/3, middle*3
	}
	return axis{low: low, high: high, log: true, from: plotBottom, to: edgeTop}
}

// rows puts a vertical axis's ticks on the chart.
func (c *Chart) rows(a axis, text func(float64) string) {
	for _, v := range a.ticks() {
		c.Rows = append(c.Rows, Tick{X: edgeLeft - 8, Y: round1(a.at(v)), Text: text(v)})
	}
}

// seconds puts a time axis, in milliseconds, on the chart.
func (c *Chart) seconds(a axis) {
	for _, v := range a.ticks() {
		text := number(v) + " ms"
		if a.high >= 2000 {
			text = number(v/1000) + " s"
		}
		c.column(a.at(v), text)
	}
}

func (c *Chart) legend(class, text string) { c.Legend = append(c.Legend, Mark{class, text}) }

// pen draws a path.
type pen struct {
	d    strings.Builder
	down bool
}

func (p *pen) to(x, y float64) {
	letter := "L"
	if !p.down {
		letter, p.down = "M", true
	}
	fmt.Fprintf(&p.d, "%s%.1f %.1f", letter, x, y)
}

func (p *pen) rect(x, y, width, height float64) {
	fmt.Fprintf(&p.d, "M%.1f %.1fh%.1fv%.1fh%.1fz", x, y, width, height, -width)
}

func (c *Chart) draw(class string, p *pen) {
	if p.d.Len() > 0 {
		c.Paths = append(c.Paths, Path{class, p.d.String()})
	}
}

func round1(v float64) float64 { return math.Round(v*10) / 10 }

// number is a number as people read it: 12 345, 1.5, 0.25.
func number(v float64) string {
	switch {
	case v == 0:
		return "0"
	case math.Abs(v) >= 100 || v == math.Trunc(v):
		return spaced(strconv.FormatFloat(math.Round(v), 'f', 0, 64))
	case math.Abs(v) >= 10:
		return trimmed(v, 1)
	case math.Abs(v) >= 1:
		return trimmed(v, 2)
	default:
		return strconv.FormatFloat(v, 'g', 2, 64)
	}
}

func trimmed(v float64, places int) string {
	return strings.TrimRight(strings.TrimRight(strconv.FormatFloat(v, 'f', places, 64), "0"), ".")
}

// thin is a narrow space that no line breaks at.
const thin = "\u202f"

// spaced puts a thin space between thousands.
func spaced(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + thin + digits[i:]
	}
	return sign + digits
}

// millis is a latency as people read it.
func millis(v float64) string {
	switch {
	case v >= 10_000:
		return number(math.Round(v/100)/10) + thin + "s"
	case v >= 1000:
		return number(math.Round(v/10)/100) + thin + "s"
	case v > 0 && v < 1:
		return number(math.Round(v*1000)) + thin + "µs"
	default:
		return number(v) + thin + "ms"
	}
}
