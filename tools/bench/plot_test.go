package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// madeUp is a report with made-up numbers of all the parts that the plot shows, and of one that it does not.
func madeUp() *report {
	r := &report{
		Commit: "abc1234", When: time.Date(2026, 11, 27, 18, 0, 0, 0, time.UTC), Seconds: 5, Rounds: 3,
		Machine: machine{OS: "linux", Arch: "amd64", Cores: 2, Model: "Xeon <R> & Sons", Go: "go1.26.8"},
	}
	around := func(part, who, where, unit string, middle float64) {
		r.add(part, who, where, unit, []float64{middle * 0.94, middle, middle * 1.03})
	}
	for i, where := range []string{"8 callers", "100 callers", "1000 callers"} {
		around("engine", "plain", where, "purchases/s", []float64{412, 230, 96}[i])
		around("engine", "row lock", where, "purchases/s", []float64{1310, 1480, 1405}[i])
		around("engine", "group", where, "purchases/s", []float64{4120, 21_300, 34_900}[i])
		around("engine", "group", where, "p99 ms", 31)
	}
	for i, who := range []string{"floor", "success", "sold out"} {
		around("http", who, "1000 connections", "answers/s", []float64{24_700, 15_900, 22_800}[i])
		around("http", who, "12350 offered/s", "p99 ms", 7)
		around("http", who, "server", "µs of processor", []float64{39, 52, 41}[i])
		around("http", who, "postgres", "µs of processor", []float64{0.2, 28, 0.3}[i])
		around("http", who, "load", "µs of processor", []float64{29, 31, 30}[i])
	}
	for i, who := range []string{"1 replica", "2 replicas", "4 replicas"} {
		around("replicas", who, "1000 connections", "purchases/s", []float64{15_700, 14_100, 12_600}[i])
		around("history", []string{"none", "long", "same sale"}[i], "10000000 earlier purchases", "purchases/s",
			[]float64{34_200, 32_900, 33_400}[i])
	}
	around("memory", "a waiting purchase", "engine", "bytes", 5151)
	return r
}

// keep leaves only the numbers of some parts.
func (r *report) keep(parts ...string) *report {
	r.Numbers = slices.DeleteFunc(r.Numbers, func(m measurement) bool { return !slices.Contains(parts, m.Part) })
	return r
}

// texts are what a reader of an SVG sees, line by line, with common spaces; it must be well-formed.
func texts(t *testing.T, svg []byte) []string {
	t.Helper()
	var seen []string
	decoder := xml.NewDecoder(bytes.NewReader(svg))
	for in := ""; ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return seen
		}
		require.NoError(t, err)
		switch token := token.(type) {
		case xml.StartElement:
			in = token.Name.Local
		case xml.EndElement:
			in = ""
		case xml.CharData:
			if in == "text" {
				seen = append(seen, strings.ReplaceAll(string(token), "\u202f", " "))
			}
		}
	}
}

func TestPlotShowsWhatWasMeasured(t *testing.T) {
	t.Parallel()
	seen := texts(t, madeUp().plot())
	for _, want := range []string{
		"The purchase engine", "8 callers", "100 callers", "1 000 callers", "plain", "row lock", "group commit",
		"412", "1 480", "34 900", "100", "1 000", "10 000",
		"Over HTTP", "floor", "sold out", "success", "24 700", "15 900",
		"Where the time goes", "server", "PostgreSQL", "load", "52", "28", "111",
		"Several replicas", "1 replica", "2 replicas", "4 replicas", "12 600",
		"A long history", "none", "10 million", "same sale", "33 400",
	} {
		assert.Contains(t, seen, want)
	}
	all := strings.Join(seen, " ")
	assert.Contains(t, all, "Xeon <R> & Sons, 2 cores, linux/amd64, go1.26.8")
	assert.Contains(t, all, "Commit abc1234, 27 November 2026")
	assert.NotContains(t, all, "5 150", "memory has no panel")
}

func TestPlotOmitsWhatWasNotMeasured(t *testing.T) {
	t.Parallel()
	titles := map[string]string{
		"engine": "The purchase engine", "http": "Over HTTP", "replicas": "Several replicas", "history": "A long history",
	}
	for part := range titles {
		seen := texts(t, madeUp().keep(part).plot())
		for other, title := range titles {
			assert.Equal(t, other == part, slices.Contains(seen, title), "%s in a plot of %s", title, part)
		}
		assert.Equal(t, part == "http", slices.Contains(seen, "Where the time goes"))
	}
	assert.Empty(t, madeUp().keep("memory").plot(), "nothing to show, no plot")

	blind := madeUp() // where there is no /proc, no processor time is known
	for i, m := range blind.Numbers {
		if m.Unit == "µs of processor" {
			blind.Numbers[i].Median, blind.Numbers[i].Rounds = 0, []float64{0, 0, 0}
		}
	}
	assert.NotContains(t, texts(t, blind.plot()), "Where the time goes")
}

func TestPlotDoesNotDependOnTheOrderOfNumbers(t *testing.T) {
	t.Parallel()
	r := madeUp()
	first := string(r.plot())
	assert.Equal(t, first, string(r.plot()), "the same bytes twice")
	slices.Reverse(r.Numbers)
	assert.Equal(t, first, string(r.plot()))
}

func TestPlotBearsNumbersThatItDidNotExpect(t *testing.T) {
	t.Parallel()
	r := &report{Rounds: 1}
	r.add("engine", "plain", "8 callers", "purchases/s", []float64{0})
	r.add("engine", "a new rival", "8 callers", "purchases/s", []float64{1000})
	r.add("replicas", "16 replicas", "anywhere", "purchases/s", []float64{7})
	r.add("history", "none", "an unknown number", "purchases/s", nil)
	svg := r.plot()
	assert.Subset(t, texts(t, svg), []string{"plain", "0", "a new rival", "16 replicas", "7.0"})
	assert.NotContains(t, string(svg), "NaN")
	assert.NotContains(t, string(svg), "Inf")
	assert.NotContains(t, string(svg), `="-`, "nothing stands outside the paper")
}

func TestFigure(t *testing.T) {
	t.Parallel()
	for value, want := range map[float64]string{
		0: "0", 0.24: "0.2", 9.96: "10.0", 52.4: "52", 99.7: "100", 123.4: "123", 999.6: "1\u202f000",
		12_345: "12\u202f300", 1_234_567: "1\u202f230\u202f000",
	} {
		assert.Equal(t, want, figure(value), "%v", value)
	}
}
