package judge

import (
	"fmt"
	"slices"
	"time"
)

// Lag is how late an event told a watcher of the oldest purchase that was news to them.
type Lag struct {
	At  Moment // when the event came
	Lag time.Duration
}

func (x *index) countIsTheList(p *Promise) {
	listed := len(x.Final.Purchase)
	p.hold(x.Final.Total == listed, "the list says that it has %d purchases, and has %d", x.Final.Total, listed)
	least, stock := x.surelyOnSale(Never-1), x.perhapsOnSale(Never)
	for target, s := range x.Final.States {
		p.hold(s.Sold == listed, "server %d counts %d sold, and the list has %d", target+1, s.Sold, listed)
		p.hold(least <= s.Stock && s.Stock <= stock, "server %d says that %d units were on sale, and they were %d",
			target+1, s.Stock, stock)
		p.hold(s == x.Final.States[0], "server %d says %+v, and server 1 says %+v", target+1, s, x.Final.States[0])
	}
	for i := range x.Events {
		e := &x.Events[i]
		x.holdCount(p, e.State, x.Watchers[e.Watcher].Target, e.Received-x.WatchLimit, e.Received, "a watcher")
	}
	for i := range x.Reads {
		r := &x.Reads[i]
		x.holdCount(p, r.State, r.Target, r.Sent-x.Lag, r.Received, "a reader")
	}
	if c := x.Final.Counted; c != nil {
		p.hold(c[0] == listed && c[1] == listed, "the database counts %d purchases of %d shoppers, and the list has %d",
			c[0], c[1], listed)
	}
}

// holdCount holds what somebody was told against what can have been sold by then, and what must have been by the moment
// from which it is, at the earliest: earlier by as long as the server was away.
func (x *index) holdCount(p *Promise, s State, target int16, from, to Moment, who string) {
	most, _ := slices.BinarySearch(x.wanted, to+1)
	p.hold(s.Sold <= most, "%s was told that %d are sold when %d of the list had been asked for", who, s.Sold, most)
	from -= Away(x.Outages, target, 0, to)
	sold, stock := x.surelySold(from), x.surelyOnSale(from)
	p.hold(s.Sold >= sold && s.Stock >= stock, "%s was told that %d of %d are sold %s after %d of %d were",
		who, s.Sold, s.Stock, round(to-from), sold, stock)
}

// stockMovesForward holds each watcher's events against each other, then everything that anybody was told. Who comes
// back to another server, which lags, may be told an older state there; on one connection there is one server.
func (x *index) stockMovesForward(p *Promise) {
	last := map[int32]*Event{}
	told := map[int64]State{}
	for i := range x.Events {
		e := &x.Events[i]
		if before := last[e.Watcher]; before != nil {
			cameBack := e.Epoch != before.Epoch
			rises := e.Revision > before.Revision || cameBack && (e.Revision == before.Revision || x.Lag > 0)
			p.hold(rises, "watcher %d got revision %d after %d", e.Watcher, e.Revision, before.Revision)
		}
		last[e.Watcher] = e
	}
	x.eachState(func(s State, who string) {
		known, ok := told[s.Revision]
		p.hold(!ok || known == s, "%s was told %+v, and somebody else %+v", who, s, known)
		told[s.Revision] = s
	})
	revisions := make([]int64, 0, len(told))
	for r := range told {
		revisions = append(revisions, r)
	}
	slices.Sort(revisions)
	for i := 1; i < len(revisions); i++ {
		before, after := told[revisions[i-1]], told[revisions[i]]
		p.hold(after.Sold >= before.Sold && after.Stock >= before.Stock,
			"revision %d says %d sold of %d, and the later revision %d says %d of %d",
			before.Revision, before.Sold, before.Stock, after.Revision, after.Sold, after.Stock)
	}
}

func (x *index) stockAddsUp(p *Promise) {
	adds := func(s State, who string) {
		p.hold(s.Stock == s.Sold+s.Left, "%s was told %d units, %d sold and %d left", who, s.Stock, s.Sold, s.Left)
	}
	x.eachState(adds)
	for _, s := range x.Final.States {
		adds(s, "who came last")
	}
}

// watchersLearnTheTruth follows each watcher: what was sold must reach them within the limit, even if the events that
// told of it were merged into one, and the last thing they hear must be the last thing that happened. A connection that
// was cut excuses nothing: they came back. Only who left by their own will may have missed something, and a server that
// is killed can tell nobody.
func (x *index) watchersLearnTheTruth(p *Promise) (lags []Lag) {
	events := make([][]*Event, len(x.Watchers))
	for i := range x.Events {
		e := &x.Events[i]
		events[e.Watcher] = append(events[e.Watcher], e)
	}
	for w, mine := range events {
		watcher := x.Watchers[w]
		lags = append(lags, x.news(p, w, mine)...)
		if watcher.Leaves && !watcher.Stayed {
			continue
		}
		truth := x.Final.States[min(int(watcher.Target), len(x.Final.States)-1)]
		if len(mine) == 0 {
			p.hold(false, "watcher %d never heard anything%s", w, watcher.excuse())
			continue
		}
		got := mine[len(mine)-1].State
		p.hold(got == truth, "watcher %d ended with %+v, and the truth is %+v%s", w, got, truth, watcher.excuse())
	}
	return lags
}

// news are the events that told watcher w of a purchase, and how late.
func (x *index) news(p *Promise, w int, mine []*Event) (lags []Lag) {
	known := -1 // how many units the watcher knows to be sold
	for i, e := range mine {
		if i == 0 || x.Watchers[w].Leaves && mine[i-1].Epoch != e.Epoch { // what was sold while they were away is no news
			known = e.Sold
		}
		if known >= 0 && e.Sold > known && e.Sold <= len(x.Final.Purchase) {
			lag := e.Received - x.Final.Purchase[known].At
			late := lag - Away(x.Outages, x.Watchers[w].Target, e.Received-lag, e.Received)
			p.hold(late <= x.WatchLimit, "watcher %d heard of number %d %s after it was sold", w, known+1, round(lag))
			lags = append(lags, Lag{At: e.Received, Lag: max(0, lag)})
		}
		known = max(known, e.Sold)
	}
	return lags
}

// Away is for how long between two moments a target's server was away, or may have been. The outages are one after the
// other.
func Away(outages []Outage, target int16, from, to Moment) (all time.Duration) {
	for _, o := range outages {
		if o.of(target) {
			all += max(0, min(to, o.To)-max(from, o.From))
		}
	}
	return all
}

// Beside is the slowest answer of a server to what it was asked while another one alone was away: for so long it was
// held up; 0 when there was none. What met an outage of its own server does not count.
func (h *History) Beside() (slowest time.Duration) {
	for i := range h.Attempts {
		a := &h.Attempts[i]
		if Away(h.Outages, a.Target, a.Sent, a.Received) > 0 {
			continue
		}
		for _, o := range h.Outages {
			if o.From <= a.Sent && a.Sent < o.To {
				slowest = max(slowest, a.Received-a.Sent)
			}
		}
	}
	return slowest
}

// excuse tells of the connections that a watcher lost.
func (w *Watcher) excuse() string {
	if w.Cuts == 0 {
		return ""
	}
	return fmt.Sprintf("; it lost its connection %d times", w.Cuts)
}

func round(d time.Duration) time.Duration {
	if d > time.Second {
		return d.Round(10 * time.Millisecond)
	}
	return d.Round(10 * time.Microsecond)
}
