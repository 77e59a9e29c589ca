package load

import (
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"stampede/stress/judge"
)

// Latencies are kept between a microsecond and an hour, to three digits, in microseconds: patience and a timeout may
// add up to more than a minute.
const (
	shortest = 1
	longest  = 3_600_000_000
	digits   = 3
)

// NewHistogram makes an empty histogram of latencies in microseconds.
func NewHistogram() *hdrhistogram.Histogram { return hdrhistogram.New(shortest, longest, digits) }

// Note puts a latency into a histogram; what is beyond its ends counts as its ends.
func Note(h *hdrhistogram.Histogram, d time.Duration) {
	_ = h.RecordValue(min(max(d.Microseconds(), shortest), longest)) // it is within the bounds
}

// lateFrom is the delay from which on a start counts as late.
const lateFrom = 10 * time.Millisecond

// recorder writes everything down. Each worker has a notebook of its own; what all share are counters.
type recorder struct {
	begun   time.Time
	counts  [judge.Results]atomic.Int64
	planned atomic.Int64
	late    atomic.Int64
	dropped atomic.Int64
	sold    atomic.Int64

	mu      sync.Mutex // guards what follows
	books   []*notebook
	recent  *hdrhistogram.Histogram // since somebody last looked
	starts  *hdrhistogram.Histogram // how late starts were
	changes []judge.Change
	outages []judge.Outage
	trouble map[string]int // what went wrong, in words
}

// notebook is one worker's.
type notebook struct {
	attempts []judge.Attempt
	reads    []judge.Read
	wishes   int // see judge.History
	givenUp  []judge.GivenUp
}

func newRecorder(begun time.Time) *recorder {
	return &recorder{begun: begun, recent: NewHistogram(), starts: NewHistogram(), trouble: map[string]int{}}
}

func (r *recorder) open() *notebook {
	n := &notebook{}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.books = append(r.books, n)
	return n
}

// at is an instant as a moment of the run.
func (r *recorder) at(t time.Time) judge.Moment { return t.Sub(r.begun) }

func (r *recorder) now() judge.Moment { return time.Since(r.begun) }

// attempt notes one in a worker's notebook.
func (r *recorder) attempt(n *notebook, a judge.Attempt, err error) {
	n.attempts = append(n.attempts, a)
	r.counts[a.Result].Add(1)
	if a.Result == judge.Bought && !a.Replayed {
		r.sold.Add(1)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if a.Result.Final() {
		Note(r.recent, a.Received-a.Due)
	}
	if err != nil {
		r.troubleLocked(err)
	}
}

// maxTroubles is how many different troubles are told apart.
const maxTroubles = 20

func (r *recorder) troubleLocked(err error) {
	what := inWords(err)
	if _, known := r.trouble[what]; !known && len(r.trouble) >= maxTroubles {
		what = "more of other kinds"
	}
	r.trouble[what]++
}

// inWords leaves out the port on this side: it is another one each time, and would make of one trouble many.
func inWords(err error) string {
	words := err.Error()
	var network *net.OpError
	if errors.As(err, &network) && network.Source != nil {
		words = strings.ReplaceAll(words, network.Source.String()+"->", "")
	}
	return words
}

func (r *recorder) started(late time.Duration) {
	if late >= lateFrom {
		r.late.Add(1)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	Note(r.starts, late)
}

func (r *recorder) change(c judge.Change) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changes = append(r.changes, c)
}

// outage begins one of a target, and of all until back ends it.
func (r *recorder) outage(target int) (back func(alone bool)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := len(r.outages)
	of := int16(target) //nolint:gosec // there are few
	r.outages = append(r.outages, judge.Outage{From: r.now(), To: judge.Never, Target: of})
	return func(alone bool) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.outages[n].To, r.outages[n].Alone = r.now(), alone
	}
}

// away is for how long between two moments a target's server was away, or may have been.
func (r *recorder) away(target int, from, to judge.Moment) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return judge.Away(r.outages, int16(target), from, to) //nolint:gosec // few targets
}

// recently is the 99th percentile of the latencies since it was last asked for.
func (r *recorder) recently() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	p99 := time.Duration(r.recent.ValueAtPercentile(99)) * time.Microsecond
	r.recent.Reset()
	return p99
}

// answers counts the results that pass.
func (r *recorder) answers(which func(judge.Result) bool) (n int64) {
	for i := range r.counts {
		if which(judge.Result(i)) {
			n += r.counts[i].Load()
		}
	}
	return n
}

// attempts counts them.
func (r *recorder) attempts() int64 { return r.answers(func(judge.Result) bool { return true }) }

// write puts everything into a history.
func (r *recorder) write(h *judge.History) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, b := range r.books {
		n += len(b.attempts)
	}
	h.Attempts = slices.Grow(h.Attempts, n)
	for _, b := range r.books {
		h.Attempts = append(h.Attempts, b.attempts...)
		h.Reads = append(h.Reads, b.reads...)
		h.Wishes += b.wishes
		h.GivenUp = append(h.GivenUp, b.givenUp...)
		b.attempts, b.reads = nil, nil
	}
	h.Changes, h.Outages = r.changes, r.outages
}
