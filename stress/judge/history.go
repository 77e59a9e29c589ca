// Package judge decides whether a flash sale kept its promises. It reads the recorded history of a run, every attempt
// and every event with its times, and does no I/O: the same history always gets the same verdict.
package judge

import (
	"math"
	"slices"
	"time"
)

// Moment is an instant of the run: the time since its beginning, on the clock of the machine that recorded it.
type Moment = time.Duration

// Result is how an attempt to buy ended, as its client saw it.
type Result uint8

// The results of an attempt.
const (
	Unsent           Result = iota // nothing left this machine: it cannot have bought
	Unanswered                     // sent, wholly or in part, and no answer came: it may have bought
	Garbled                        // an answer that is none of the contract's: it may have bought
	OutcomeUnknown                 // the server says that it does not know: it may have bought
	Throttled                      // refused before the operation (429, 503 that says when to come): nothing was bought
	Busy                           // refused for now: nothing was bought
	Bought                         // a unit, with its ordinal
	SoldOut                        // refused: no unit is left
	AlreadyPurchased               // refused: this shopper has bought before
	NotActive                      // refused: too early, on hold or over
	NotFound                       // refused: there is no such sale
	Results          int    = iota // how many there are
)

var resultNames = [Results]string{
	"unsent", "unanswered", "garbled", "outcome unknown", "throttled", "busy",
	"bought", "sold out", "already purchased", "not active", "not found",
}

// String is the result's name.
func (r Result) String() string { return resultNames[r] }

// InDoubt says that the attempt may or may not have bought.
func (r Result) InDoubt() bool { return r == Unanswered || r == Garbled || r == OutcomeUnknown }

// Final says that the answer is the last word on the attempt.
func (r Result) Final() bool { return r >= Bought }

// Unanswered counts by their last word the shoppers who asked and never got an answer.
func (h *History) Unanswered() map[Result]int {
	last, answered := make([]*Attempt, h.Shoppers), make([]bool, h.Shoppers)
	for i := range h.Attempts {
		a := &h.Attempts[i]
		answered[a.Shopper] = answered[a.Shopper] || a.Result.Final()
		if before := last[a.Shopper]; before == nil || a.Sent > before.Sent {
			last[a.Shopper] = a
		}
	}
	counts := map[Result]int{}
	for shopper, a := range last {
		if a != nil && !answered[shopper] {
			counts[a.Result]++
		}
	}
	return counts
}

// Attempt is one request to buy.
type Attempt struct {
	Shopper  int32 // 0 … History.Shoppers-1
	Key      int32 // of idempotency; the same number is the same key of that shopper, 0 is none
	Target   int16 // which server was asked
	Result   Result
	Replayed bool  // Bought: the server says that this key had bought before
	Ordinal  int32 // Bought, AlreadyPurchased
	Due      Moment
	Sent     Moment // just before the first byte
	Received Moment // just after the last byte of the answer, or when it was given up
}

// GivenUp is a wish whose shopper asked again and again, until their patience ran out, and was left without an answer.
type GivenUp struct {
	Shopper int32
	Times   int    // how often they asked
	Last    Result // what they heard last
	From    Moment // when they began to ask
	At      Moment // when they gave up
}

// Kind is what an operator did.
type Kind string

// What operators do.
const (
	Restock Kind = "restock"
	Pause   Kind = "pause"
	Resume  Kind = "resume"
	End     Kind = "end"
)

// Change is an operator's change.
type Change struct {
	Kind           Kind
	Add            int // Restock: units
	Sent, Received Moment
	// InDoubt: it failed, which may have been after it was made. Received is Never then.
	InDoubt bool
}

// Outage is a time in which a server was away: killed and not yet back, or frozen. To is Never when nobody could bring
// it back.
type Outage struct {
	From, To Moment
	Target   int16 // whose server it was
	Alone    bool  // no other server was touched, nor the database; else all may have been away
}

// of says whether a target's server may have been away.
func (o Outage) of(target int16) bool { return !o.Alone || o.Target == target }

// Never is later than all that happens.
const Never = Moment(math.MaxInt64 / 2)

// Phase is where a sale stands, in the contract's words.
type Phase string

// The phases.
const (
	Upcoming    Phase = "UPCOMING"
	Active      Phase = "ACTIVE"
	Paused      Phase = "PAUSED"
	SoldOutSale Phase = "SOLD_OUT"
	Ended       Phase = "ENDED"
)

// State is a sale as a server told it.
type State struct {
	Phase    Phase `json:"phase"`
	Stock    int   `json:"stock"`
	Sold     int   `json:"sold"`
	Left     int   `json:"remaining"`
	Revision int64 `json:"revision"`
}

// Event is a state that a watcher was sent.
type Event struct {
	State
	Watcher  int32
	Epoch    int32 // which of the watcher's connections
	Received Moment
}

// Read is a state that was asked for.
type Read struct {
	State
	Target         int16
	Sent, Received Moment
}

// Listed is a purchase in the sale's final list. At is the server's time of it, as a moment of this machine's clock.
type Listed struct {
	Ordinal int
	Shopper int32 // -1: none of this run's
	At      Moment
}

// Watcher is a subscriber.
type Watcher struct {
	Target int16
	Leaves bool // it comes and goes by its own will
	Stayed bool // it was connected when the run ended
	// Cuts is how often a connection of its did not open, or ended, without its will.
	Cuts int
}

// Final is what was left when all was quiet.
type Final struct {
	States []State // one from each target
	// Sent and Received are when they were asked for and told.
	Sent, Received Moment
	Purchase       []Listed
	Total          int // the list's own count
	// Counted is what the database counts, purchases and different shoppers; nil when it was not asked.
	Counted *[2]int
}

// Rules are what the judge must know about the world around the history.
type Rules struct {
	Stock int // when the sale was scheduled
	// StartsAt and EndsAt are the sale's window as moments of this machine's clock; EndsAt is 0 for none.
	StartsAt, EndsAt Moment
	// ClockError is how far moments of the server's clock may be off.
	ClockError time.Duration
	// Lag is how long a refusal or a read may lag behind a change that was made on another server; 0 when all was told
	// by one. A target may be several servers, behind a load balancer.
	Lag time.Duration
	// WatchLimit is how late a watcher may learn of a purchase.
	WatchLimit time.Duration
	// LinearLimit is the longest history, in operations, that is searched for a linearization; SearchLimit is how long
	// the search may take.
	LinearLimit int
	SearchLimit time.Duration
}

// History is everything that happened in a run.
type History struct {
	Rules
	Shoppers int
	Targets  int
	Attempts []Attempt
	// Wishes counts those that were asked for until there was an answer or patience ran out. GivenUp are those of them
	// that got no answer. Who leaves by their own will, and whom an interrupt sends away, is in neither.
	Wishes   int
	GivenUp  []GivenUp
	Changes  []Change
	Outages  []Outage // one after the other
	Reads    []Read
	Events   []Event // those of one watcher in the order in which they came
	Watchers []Watcher
	Final    Final
}

// index is a history with what several checks need to find in it.
type index struct {
	*History
	byShopper [][]int32 // attempts of each shopper, in the order in which they were sent
	ordinal   []int     // of each shopper's purchase in the list, 0 without one
	owner     map[int]int32
	// possible is for each place of the list the earliest moment at which that many units can have been sold: no
	// purchase is made before it was asked for, and none before one with a lower ordinal.
	possible []Moment
	asked    []Moment // as possible, but by the requests alone: it does not believe the server's times
	wanted   []Moment // when each purchase of the list was asked for, the earliest first, whatever their order there
	// confirmed is for each place of the list the earliest moment at which its shopper, or one behind them, had heard that
	// they have bought: so many units were sold by then. Never for those of whom nobody heard.
	confirmed []Moment
}

func newIndex(h *History) *index {
	x := &index{History: h, owner: map[int]int32{}}
	x.group()
	x.ordinal = make([]int, h.Shoppers)
	for _, p := range h.Final.Purchase {
		x.owner[p.Ordinal] = p.Shopper
		if p.Shopper >= 0 {
			x.ordinal[p.Shopper] = p.Ordinal
		}
	}
	var asked, possible Moment
	for _, p := range h.Final.Purchase {
		wanted := x.askedFor(p)
		x.wanted = append(x.wanted, wanted)
		asked = max(asked, wanted)
		possible = max(possible, asked, p.At-h.ClockError)
		x.asked, x.possible = append(x.asked, asked), append(x.possible, possible)
	}
	slices.Sort(x.wanted)
	x.confirm()
	return x
}

// confirm finds since when each place of the list was surely taken.
func (x *index) confirm() {
	places := make(map[int]int, len(x.Final.Purchase))
	x.confirmed = make([]Moment, len(x.Final.Purchase))
	for i, p := range x.Final.Purchase {
		places[p.Ordinal], x.confirmed[i] = i, Never
	}
	for i := range x.Attempts {
		a := &x.Attempts[i]
		place, listed := places[int(a.Ordinal)]
		if a.fresh() && listed && x.Final.Purchase[place].Shopper == a.Shopper {
			x.confirmed[place] = min(x.confirmed[place], a.Received)
		}
	}
	for i := len(x.confirmed) - 2; i >= 0; i-- {
		x.confirmed[i] = min(x.confirmed[i], x.confirmed[i+1])
	}
}

// surelySold is how many units had been sold by a moment, at the least.
func (x *index) surelySold(t Moment) int {
	n, _ := slices.BinarySearch(x.confirmed, t+1)
	return n
}

// group sorts the attempts by shopper without comparing all with all: there may be millions.
func (x *index) group() {
	counts := make([]int32, x.Shoppers)
	for i := range x.Attempts {
		counts[x.Attempts[i].Shopper]++
	}
	all := make([]int32, len(x.Attempts))
	x.byShopper = make([][]int32, x.Shoppers)
	from := 0
	for s, n := range counts {
		x.byShopper[s] = all[from : from : from+int(n)]
		from += int(n)
	}
	for i := range x.Attempts {
		s := x.Attempts[i].Shopper
		x.byShopper[s] = append(x.byShopper[s], int32(i))
	}
	for _, mine := range x.byShopper {
		slices.SortFunc(mine, func(a, b int32) int { return int(x.Attempts[a].Sent - x.Attempts[b].Sent) })
	}
}

// askedFor is when a purchase was asked for, at the earliest; 0 when nobody knows.
func (x *index) askedFor(p Listed) Moment {
	if p.Shopper < 0 {
		return 0
	}
	for _, i := range x.byShopper[p.Shopper] {
		a := &x.Attempts[i]
		if a.Result.InDoubt() || a.Result == Bought && !a.Replayed {
			return a.Sent
		}
	}
	return 0
}

// soldBy is the most units that can have been sold at a moment.
func (x *index) soldBy(t Moment) int {
	n, _ := slices.BinarySearch(x.possible, t+1)
	return n
}

// surelyOnSale is how many units were on sale at a moment, at the least; perhapsOnSale at the most.
func (x *index) surelyOnSale(t Moment) int {
	stock := x.Stock
	for _, c := range x.Changes {
		if c.Kind == Restock && c.Received <= t {
			stock += c.Add
		}
	}
	return stock
}

func (x *index) perhapsOnSale(t Moment) int {
	stock := x.Stock
	for _, c := range x.Changes {
		if c.Kind == Restock && c.Sent <= t {
			stock += c.Add
		}
	}
	return stock
}

// fresh says that the attempt was told that it has bought just now.
func (a *Attempt) fresh() bool { return a.Result == Bought && !a.Replayed }
