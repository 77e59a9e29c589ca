package load

import (
	"cmp"
	"context"
	"math"
	"time"

	"stampede/stress/judge"
)

// Scenario is a kind of crowd.
type Scenario struct {
	Name string
	Says string // what it does, in a sentence
	base Config // what a zero in a Config means
	play func(context.Context, *run) error
	// crowd is how many shoppers it brings; nil: Config.Shoppers.
	crowd func(Config) int
	// Takes is how it takes servers away, and needs Config.TakeAway.
	Takes Outage
	share int // one unit for so many shoppers, where nobody says how many; 0 is 2
}

// Outage is a way to take a server away.
type Outage string

// The ways. A frozen server stands still, and goes on as if nothing had been.
const (
	None   Outage = ""
	Crash  Outage = "crash"
	Freeze Outage = "freeze"
)

// Scenarios are all that can be played.
func Scenarios() []Scenario { return append(crowds(), troubles()...) }

func crowds() []Scenario {
	return []Scenario{
		{
			Name: "rush", play: rush,
			Says: "Everybody waits for the opening, each on a connection of their own, and asks in the same instant.",
			base: Config{Shoppers: 10_000, Stock: 1_000, Watchers: 50},
		},
		{
			Name: "steady", play: steady, crowd: arriving,
			Says: "Shoppers arrive at a rate, whatever the server does.",
			base: Config{Rate: 2_000, Duration: 30 * time.Second, Watchers: 20},
		},
		{
			Name: "ramp", play: ramp, crowd: climbing,
			Says: "The rate rises step by step until answers come late: finds the knee.",
			base: Config{Rate: 500, Duration: 4 * time.Second, Stock: 10_000_000, Connections: 1000},
		},
		{
			Name: "one-shopper", play: oneShopper, crowd: func(Config) int { return 1 },
			Says: "One shopper asks a thousand times in the same instant, half with one key, half with a thousand.",
			base: Config{Operations: 1_000, Stock: 10, Watchers: 5},
		},
		{
			Name: "retries", play: retries, crowd: arriving,
			Says: "Every request is sent 1 to 10 times with the same key, side by side and in a row, over all servers.",
			base: Config{Rate: 200, Duration: 8 * time.Second, Watchers: 10},
		},
		{
			Name: "window", play: window, crowd: straying,
			Says: "Shoppers come before, across and after start and end.",
			base: Config{Rate: 1_000, Duration: 3 * time.Second, Stock: 1_000_000, Watchers: 10},
		},
		{
			Name: "watchers", play: steady, crowd: arriving,
			Says: "A hall of subscribers beside the buyers.",
			base: Config{Rate: 200, Duration: 10 * time.Second, Watchers: 1_000},
		},
	}
}

func troubles() []Scenario {
	return []Scenario{
		{
			Name: "restock", play: restock, crowd: arriving,
			Says: "The sale sells out again and again, and more arrives.",
			base: Config{Rate: 1_000, Duration: 8 * time.Second, Stock: 200, Watchers: 20},
		},
		{
			Name: "pause", play: pause, crowd: arriving,
			Says: "An operator puts the sale on hold and lets it go on, again and again, under way.",
			base: Config{Rate: 1_000, Duration: 8 * time.Second, Watchers: 20},
		},
		{
			Name: "crash", play: crash, crowd: arriving, Takes: Crash, share: 1, // every kill finds it selling
			Says: "A server is killed under way and brought back, again and again; who was cut off asks again.",
			base: Config{Rate: 500, Duration: 12 * time.Second, Watchers: 20},
		},
		{
			Name: "freeze", play: freeze, crowd: arriving, Takes: Freeze, share: 6, // it sells out, and is restocked
			Says: "A server stands still for seconds and goes on, again and again; meanwhile the sale changes at another.",
			base: Config{Rate: 400, Duration: 20 * time.Second, Connections: 1600, Watchers: 20}, // none waits for another
		},
		{
			Name: "clients-that-leave", play: leavers, crowd: arriving,
			Says: "Connections are cut at random bytes, of the request and of the answer; watchers come and go.",
			base: Config{Rate: 500, Duration: 8 * time.Second, Watchers: 50},
		},
		{
			Name: "mixed", play: mixed, crowd: mingling, share: 8, // it sells out, is restocked, and sells out again
			Says: "All of it at once, a few clients and many operations, short enough to be checked for linearizability.",
			base: Config{Clients: 16, Operations: 300, Watchers: 8},
		},
	}
}

// Has says whether an option has a meaning for the scenario.
func (s *Scenario) Has(option string) bool {
	switch option {
	case "shoppers":
		return s.crowd == nil
	case "rate":
		return s.base.Rate > 0
	case "duration":
		return s.base.Duration > 0
	case "clients":
		return s.base.Clients > 0
	case "operations":
		return s.base.Operations > 0
	default:
		return true
	}
}

// AtOnce is how many connections it has at the same moment, at the least.
func (c *Config) AtOnce() int {
	switch {
	case c.Scenario.Has("shoppers"):
		return c.Shoppers + c.Watchers
	case c.Scenario.Has("clients"):
		return c.Clients + c.Watchers
	case c.Scenario.Has("operations"):
		return c.Operations + c.Watchers
	}
	return c.Connections + c.Watchers
}

// arriving is as many shoppers as arrive at the rate in the time.
func arriving(c Config) int { return int(math.Ceil(c.Rate * c.Duration.Seconds())) }

// straying is as many as arrive while it is open, and before and after.
func straying(c Config) int { return int(c.Rate * (c.Duration + 2*windowMargin).Seconds()) }

// Defaults fills in what was left open. Shoppers is how many the scenario will bring, at the most.
func (c *Config) Defaults() {
	s, b := c.Scenario, c.Scenario.base
	c.Rate = cmp.Or(c.Rate, b.Rate)
	c.Duration = cmp.Or(c.Duration, b.Duration)
	c.Clients = cmp.Or(c.Clients, b.Clients)
	c.Operations = cmp.Or(c.Operations, b.Operations)
	c.Watchers = cmp.Or(c.Watchers, b.Watchers)
	c.Shoppers = cmp.Or(c.Shoppers, b.Shoppers)
	if s.crowd != nil {
		c.Shoppers = s.crowd(*c)
	}
	c.Stock = cmp.Or(c.Stock, b.Stock, max(1, c.Shoppers/cmp.Or(s.share, 2)))
	c.Connections = cmp.Or(c.Connections, b.Connections, 400)
	c.Timeout = cmp.Or(c.Timeout, 30*time.Second)
	c.Patience = cmp.Or(c.Patience, 60*time.Second)
	c.MaxLate = cmp.Or(c.MaxLate, 10*time.Second)
	c.WatchLimit = cmp.Or(c.WatchLimit, 5*time.Second)
	c.SettleLimit = cmp.Or(c.SettleLimit, 2*time.Minute)
}

const (
	// soon is in how long a sale opens that everybody is ready for.
	soon = 600 * time.Millisecond
	// ago lets a sale be open from the start.
	ago = -2 * time.Second
)

// openNow makes a sale that is open, and seats the watchers.
func (r *run) openNow(ctx context.Context) error {
	if err := r.schedule(ctx, ago, 0); err != nil {
		return err
	}
	return r.room.enter(ctx, r.Watchers, nil)
}

// rush is what the house is built for.
func rush(ctx context.Context, r *run) error {
	all, err := r.workers(ctx, r.Shoppers)
	defer dismiss(all)
	if err != nil {
		return err
	}
	wishes := make([]wish, r.Shoppers)
	for i := range wishes {
		who := r.newcomer()
		wishes[i] = wish{shopper: who, key: 1, token: r.Wallet.Token(who), target: all[i].home()}
	}
	lead := soon + time.Duration(r.Shoppers+r.Watchers)*50*time.Microsecond
	if err := r.schedule(ctx, lead, 0); err != nil {
		return err
	}
	if err := r.room.enter(ctx, r.Watchers, nil); err != nil {
		return err
	}
	opening := r.at(r.clock.local(r.sale.StartsAt)) + r.clock.off
	r.arrivals(ctx, all, len(all), func(int) judge.Moment { return opening },
		func(ctx context.Context, w *worker, due judge.Moment) {
			o := wishes[w.number]
			o.due = due
			w.buy(ctx, o)
		})
	return nil
}

// each lets shoppers arrive at the configured rate; arrive is what each does.
func (r *run) each(ctx context.Context, arrive func(context.Context, *worker, wish)) error {
	all, err := r.workers(ctx, r.Connections)
	defer dismiss(all)
	if err != nil {
		return err
	}
	r.eachOf(ctx, all, arrive)
	return nil
}

// eachOf lets them arrive over connections that are open.
func (r *run) eachOf(ctx context.Context, all []*worker, arrive func(context.Context, *worker, wish)) {
	r.arrivals(ctx, all, r.Shoppers, evenly(r.now(), r.Rate), func(ctx context.Context, w *worker, due judge.Moment) {
		arrive(ctx, w, wish{shopper: r.newcomer(), key: 1, target: w.home(), due: due})
	})
}

// wants is a shopper who wants one unit.
func wants(ctx context.Context, w *worker, o wish) { w.buy(ctx, o) }

func steady(ctx context.Context, r *run) error {
	if err := r.openNow(ctx); err != nil {
		return err
	}
	return r.each(ctx, wants)
}

// oneShopper wants to have more than is good for anybody.
func oneShopper(ctx context.Context, r *run) error {
	all, err := r.workers(ctx, r.Operations)
	defer dismiss(all)
	if err != nil {
		return err
	}
	if err := r.openNow(ctx); err != nil {
		return err
	}
	who := r.newcomer()
	token := r.Wallet.Token(who)
	now := r.now() + soon
	r.arrivals(ctx, all, len(all), func(int) judge.Moment { return now },
		func(ctx context.Context, w *worker, due judge.Moment) {
			key := int32(1)
			if w.number%2 == 1 {
				key += int32(w.number) //nolint:gosec // fewer than 2³¹
			}
			w.buy(ctx, wish{shopper: who, key: key, token: token, target: w.home(), due: due})
		})
	return nil
}
