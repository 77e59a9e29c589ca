// Package report makes of a run and its verdict what people and machines read: a page, JSON, JUnit, a comparison.
package report

import (
	"math"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"stampede/stress/judge"
	"stampede/stress/load"
)

// Result is a run, as -json writes it. Times are milliseconds; those of the series count from the first arrival.
type Result struct {
	Scenario    string           `json:"scenario"`
	Says        string           `json:"says"`
	When        time.Time        `json:"when"`
	Command     string           `json:"command"`
	Version     string           `json:"version"`
	Machine     Machine          `json:"machine"`
	Targets     []string         `json:"targets"`
	Config      load.Config      `json:"config"`
	Kept        bool             `json:"kept"`
	Interrupted bool             `json:"interrupted"`
	Unjudged    bool             `json:"unjudged"`          // no attempt got an answer, or Unread: nothing to judge
	Unread      bool             `json:"unread,omitempty"`  // how it ended could not be read
	Failure     string           `json:"failure,omitempty"` // why it was not played to its end
	Promises    []judge.Promise  `json:"promises"`
	Linear      string           `json:"linearization,omitempty"`
	Fairness    []judge.Fairness `json:"fairness"`
	Summary     Summary          `json:"summary"`
	Warnings    []string         `json:"warnings,omitempty"`
	Trouble     map[string]int   `json:"trouble,omitempty"`
	Steps       []load.Step      `json:"steps,omitempty"`
	Outages     []Outage         `json:"outages,omitempty"`
	Series      []Slice          `json:"series"`
	Curve       []Point          `json:"curve"`         // latency by percentile, from the intended moment
	Service     []Point          `json:"service_curve"` // the same, from the first byte sent
	Starts      []Point          `json:"starts_curve"`  // how late the starts were
	Fanout      Percentiles      `json:"fanout"`
	FanoutCurve []Point          `json:"fanout_curve,omitempty"`
	Arrivals    []Arrival        `json:"arrivals,omitempty"`
	Picture     []byte           `json:"-"`
}

// Summary is a run in numbers.
type Summary struct {
	Shoppers int            `json:"shoppers"`
	Attempts int            `json:"attempts"`
	Events   int            `json:"events"`
	Watchers int            `json:"watchers"`
	Stock    int            `json:"stock"` // with what was added
	Sold     int            `json:"sold"`  // Unread: confirmed
	Outcomes map[string]int `json:"outcomes"`
	// Unanswered are the shoppers who asked and never got an answer, by their last word.
	Unanswered  map[string]int `json:"unanswered,omitempty"`
	WatcherCuts int            `json:"watcher_cuts"` // see judge.Watcher
	Took        float64        `json:"took_ms"`
	Offered     float64        `json:"offered_per_s"` // 0: all at once, or as fast as it goes
	Answered    float64        `json:"answered_per_s"`
	SoldIn      float64        `json:"sold_in_ms"` // from the first purchase to the last
	Latency     Percentiles    `json:"latency"`    // from the intended moment to the answer
	FromSent    Percentiles    `json:"service"`    // from the first byte sent to the answer
	Starts      Percentiles    `json:"starts"`     // how late the starts were
	Planned     int64          `json:"planned"`
	Late        int64          `json:"late"`
	Dropped     int64          `json:"dropped"`
	Generator   float64        `json:"generator_share"` // of the machine's processors
	Processor   float64        `json:"processor_share"` // that was busy, whoever used it; 0 where nobody tells
	// Beside is the slowest answer of a server while another one was away, in milliseconds.
	Beside float64 `json:"beside_ms,omitempty"`
}

// Percentiles of a latency, in milliseconds.
type Percentiles struct {
	Count int64   `json:"count"`
	P50   float64 `json:"p50_ms"`
	P90   float64 `json:"p90_ms"`
	P99   float64 `json:"p99_ms"`
	P999  float64 `json:"p999_ms"`
	Max   float64 `json:"max_ms"`
}

// Point of a percentile curve: X is the percentile, Y milliseconds.
type Point struct {
	X float64 `json:"percentile"`
	Y float64 `json:"ms"`
}

// Slice is a short part of a run.
type Slice struct {
	At       float64        `json:"at_ms"`
	Width    float64        `json:"width_ms"`
	Offered  int            `json:"offered"`
	Answered int            `json:"answered"`
	P50      float64        `json:"p50_ms"`
	P99      float64        `json:"p99_ms"`
	Max      float64        `json:"max_ms"`
	Sold     int            `json:"sold"`  // by its end
	Stock    int            `json:"stock"` // by its end
	Outcomes map[string]int `json:"outcomes,omitempty"`
	Fanout   float64        `json:"fanout_p99_ms"`
}

// Arrival counts those who sent in one part of the queue: who won and who lost.
type Arrival struct {
	From float64 `json:"from_ms"` // when the first of them sent
	Won  int     `json:"won"`
	Lost int     `json:"lost"`
}

func ms(d time.Duration) float64 { return math.Round(float64(d)/float64(time.Microsecond)) / 1000 }

func percentiles(h *hdrhistogram.Histogram) Percentiles {
	at := func(p float64) float64 { return float64(h.ValueAtPercentile(p)) / 1000 }
	if h.TotalCount() == 0 {
		return Percentiles{}
	}
	return Percentiles{
		Count: h.TotalCount(), P50: at(50), P90: at(90), P99: at(99), P999: at(99.9), Max: float64(h.Max()) / 1000,
	}
}

// curve has points that lie evenly where a percentile curve is drawn: by the number of nines.
func curve(h *hdrhistogram.Histogram) []Point {
	if h.TotalCount() == 0 {
		return nil
	}
	var points []Point
	const perNine = 12
	nines := math.Log10(float64(h.TotalCount()))
	for i := range int(nines*perNine) + 1 {
		p := 100 * (1 - math.Pow(10, -float64(i)/perNine))
		points = append(points, Point{X: p, Y: float64(h.ValueAtPercentile(p)) / 1000})
	}
	return points
}

// Of makes a result of what was recorded and what was judged.
func Of(record *load.Record, verdict *judge.Verdict, cfg *load.Config) *Result {
	r := &Result{
		Scenario: cfg.Scenario.Name, Says: cfg.Scenario.Says, Config: *cfg, Machine: thisMachine(),
		Kept:        verdict.Kept() && !record.Interrupted && record.Failure == "",
		Interrupted: record.Interrupted, Failure: record.Failure, Unread: record.Unread,
		Promises: verdict.Promises, Fairness: verdict.Fairness, Linear: verdict.Search, Picture: verdict.Picture,
		Steps: record.Steps, Trouble: record.Trouble,
	}
	for _, t := range cfg.Targets {
		r.Targets = append(r.Targets, t.URL.String())
	}
	h := &record.History
	s := &r.Summary
	s.Shoppers, s.Attempts, s.Events, s.Watchers = h.Shoppers, len(h.Attempts), len(h.Events), len(h.Watchers)
	s.Stock, s.Sold = h.Stock, len(h.Final.Purchase)
	if r.Unread {
		s.Sold = confirmed(h)
	}
	for _, c := range h.Changes {
		if !c.InDoubt {
			s.Stock += c.Add
		}
	}
	for i := range h.Watchers {
		s.WatcherCuts += h.Watchers[i].Cuts
	}
	r.Outages, s.Beside = outages(record), ms(h.Beside())
	s.Planned, s.Late, s.Dropped = record.Planned, record.Late, record.Dropped
	s.Generator, s.Processor, s.Starts = record.Own, record.Machine, percentiles(record.Starts)
	r.Starts = curve(record.Starts)
	s.Outcomes = map[string]int{}
	r.measure(record)
	r.unanswered(record)
	r.fanout(record, verdict.Lags)
	if !r.Unread {
		r.arrivals(h)
	}
	if n := len(h.Final.Purchase); n > 0 {
		s.SoldIn = ms(h.Final.Purchase[n-1].At - h.Final.Purchase[0].At)
	}
	r.warn()
	return r
}

// measure fills in latencies and the series.
func (r *Result) measure(record *load.Record) {
	h := &record.History
	latency, service := load.NewHistogram(), load.NewHistogram()
	last, lastDue := record.LoadFrom, record.LoadFrom
	for i := range h.Attempts {
		a := &h.Attempts[i]
		r.Summary.Outcomes[a.Result.String()]++
		if a.Due > record.LoadTo { // the settling of doubts
			continue
		}
		lastDue = max(lastDue, a.Due)
		if a.Result.Final() {
			load.Note(latency, a.Received-a.Due)
			load.Note(service, a.Received-a.Sent)
			last = max(last, a.Received)
		}
	}
	r.Summary.Latency, r.Summary.FromSent = percentiles(latency), percentiles(service)
	r.Curve, r.Service = curve(latency), curve(service)
	took := last - record.LoadFrom
	r.Summary.Took = ms(took)
	if seconds := took.Seconds(); seconds > 0 {
		r.Summary.Answered = float64(latency.TotalCount()) / seconds
	}
	r.slices(record, took)
	if span := (lastDue - record.LoadFrom).Seconds(); span > 0 && r.Config.Rate > 0 {
		offered := r.Summary.Dropped // and what came of the plan before the end, or before Ctrl-C
		for _, s := range r.Series {
			offered += int64(s.Offered)
		}
		r.Summary.Offered = float64(offered) / span
	}
}

// fanout fills in how late watchers heard.
func (r *Result) fanout(record *load.Record, lags []judge.Lag) {
	all := load.NewHistogram()
	slots := make([]*hdrhistogram.Histogram, len(r.Series))
	for _, l := range lags {
		load.Note(all, l.Lag)
		for i := range r.Series {
			from := ms(l.At - record.LoadFrom)
			if from < r.Series[i].At || from >= r.Series[i].At+r.Series[i].Width {
				continue
			}
			if slots[i] == nil {
				slots[i] = load.NewHistogram()
			}
			load.Note(slots[i], l.Lag)
			break
		}
	}
	r.Fanout, r.FanoutCurve = percentiles(all), curve(all)
	for i, h := range slots {
		if h != nil {
			r.Series[i].Fanout = float64(h.ValueAtPercentile(99)) / 1000
		}
	}
}

// arrivalParts is how many parts the queue is cut into.
const arrivalParts = 50

// arrivals puts all who asked for the first time into one queue, in the order in which they sent, and counts who won
// and who lost in each part of it.
func (r *Result) arrivals(h *judge.History) {
	type first struct {
		sent judge.Moment
		won  bool
	}
	winners := map[int32]bool{}
	for _, p := range h.Final.Purchase {
		winners[p.Shopper] = true
	}
	seen := map[int32]judge.Moment{}
	for i := range h.Attempts {
		a := &h.Attempts[i]
		if at, ok := seen[a.Shopper]; (!ok || a.Sent < at) && (a.Result == judge.Bought || a.Result == judge.SoldOut) {
			seen[a.Shopper] = a.Sent
		}
	}
	queue := make([]first, 0, len(seen))
	for who, sent := range seen {
		queue = append(queue, first{sent, winners[who]})
	}
	slices.SortFunc(queue, func(a, b first) int { return int(a.sent - b.sent) })
	if len(queue) < arrivalParts {
		return
	}
	for part := range arrivalParts {
		from, to := part*len(queue)/arrivalParts, (part+1)*len(queue)/arrivalParts
		a := Arrival{From: ms(queue[from].sent - queue[0].sent)}
		for _, f := range queue[from:to] {
			if f.won {
				a.Won++
			} else {
				a.Lost++
			}
		}
		r.Arrivals = append(r.Arrivals, a)
	}
}
