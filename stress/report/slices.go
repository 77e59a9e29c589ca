package report

import (
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"stampede/stress/judge"
	"stampede/stress/load"
)

// maxSlices is how many a run is cut into, at the most.
const maxSlices = 60

// slices cuts the run into equal parts of a round length.
func (r *Result) slices(record *load.Record, took time.Duration) {
	width := roundUp(took / maxSlices)
	n := int(took/width) + 1
	h := &record.History
	latencies := make([]*hdrhistogram.Histogram, n)
	r.Series = make([]Slice, n)
	for i := range r.Series {
		r.Series[i] = Slice{At: ms(time.Duration(i) * width), Width: ms(width), Outcomes: map[string]int{}}
		latencies[i] = load.NewHistogram()
	}
	slot := func(t judge.Moment) int { return min(max(int((t-record.LoadFrom)/width), 0), n-1) }
	offered := map[[2]int64]bool{} // a wish that is sent again was offered once
	for i := range h.Attempts {
		a := &h.Attempts[i]
		if a.Due > record.LoadTo {
			continue
		}
		if wish := [2]int64{int64(a.Shopper)<<32 | int64(a.Key), int64(a.Due)}; !offered[wish] {
			offered[wish] = true
			r.Series[slot(a.Due)].Offered++
		}
		at := &r.Series[slot(a.Received)]
		at.Outcomes[a.Result.String()]++
		if a.Result.Final() {
			at.Answered++
			load.Note(latencies[slot(a.Received)], a.Received-a.Due)
		}
	}
	for i, l := range latencies {
		p := percentiles(l)
		r.Series[i].P50, r.Series[i].P99, r.Series[i].Max = p.P50, p.P99, p.Max
	}
	r.stockOverTime(record, width)
}

func (r *Result) stockOverTime(record *load.Record, width time.Duration) {
	h := &record.History
	sold := make([]judge.Moment, 0, len(h.Final.Purchase))
	for _, p := range h.Final.Purchase {
		sold = append(sold, p.At)
	}
	slices.Sort(sold)
	for i := range r.Series {
		end := record.LoadFrom + time.Duration(i+1)*width
		if i == len(r.Series)-1 {
			end = max(end, record.LoadTo)
		}
		r.Series[i].Sold, _ = slices.BinarySearch(sold, end)
		r.Series[i].Stock = h.Stock
		for _, c := range h.Changes {
			if c.Received <= end {
				r.Series[i].Stock += c.Add
			}
		}
	}
}

// roundUp is the next length of 1, 2 or 5 times a power of ten.
func roundUp(d time.Duration) time.Duration {
	for unit := time.Millisecond; ; unit *= 10 {
		for _, length := range []time.Duration{unit, 2 * unit, 5 * unit} {
			if length >= d {
				return length
			}
		}
	}
}
