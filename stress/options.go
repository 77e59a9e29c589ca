package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"stampede/stress/load"
)

// runCommand is a run's command line. What is nil is the scenario's choice.
type runCommand struct {
	Scenario string `arg:"" help:"Which one: see stress list."`

	Target  []string `help:"Addresses of one or more servers of the same shop, http://host:port/graphql. None: servers of its own, on a fresh database." sep:","`
	Server  string   `help:"The server's program, where it starts its own." default:"bin/stampede"`
	Servers int      `help:"How many it starts of its own, on one database." default:"1"`
	Crash   string   `help:"Command of a shell that kills a server of -target and starts it again (crash). For as long as it takes, and until every target knows the sale, the server is away."`
	Freeze  string   `help:"Command of a shell that stops a server of -target and lets it go on (freeze), like -crash."`

	AuthSecret    string `help:"The servers' secret: mints tokens for the shoppers and an operator." env:"AUTH_SECRET"`
	AuthAudience  string `help:"Audience of minted tokens." default:"stampede"`
	AuthIssuer    string `help:"Issuer of minted tokens."`
	Demo          bool   `help:"Sign the shoppers in by signIn, one after the other, instead of minting their tokens."`
	Tokens        string `help:"File with one token a line: shoppers, and an operator if none is named." type:"existingfile"`
	OperatorToken string `help:"An operator's token, which -demo needs." env:"OPERATOR_TOKEN"`

	Seed        uint64         `help:"Of all random decisions." default:"1"`
	Repeat      int            `help:"Play it so many times, with seeds that follow one another, until one breaks a promise." default:"1"`
	Shoppers    *int           `help:"How many come (rush)."`
	Stock       *int           `help:"Units on sale."`
	Rate        *float64       `help:"Arrivals a second; of a ramp, those of its first step."`
	Duration    *time.Duration `help:"How long they arrive; of a ramp, each step; of a window, how long it is open."`
	Connections *int           `help:"Over how many connections."`
	Watchers    *int           `help:"Subscribers who watch meanwhile."`
	Clients     *int           `help:"Clients of mixed."`
	Operations  *int           `help:"Operations of each client of mixed; requests of one-shopper."`
	Timeout     time.Duration  `help:"How long an answer may take." default:"30s"`
	Patience    time.Duration  `help:"How long a shopper tries again." default:"60s"`
	MaxLate     time.Duration  `help:"A start that would be later is dropped." default:"10s"`
	Lag         *time.Duration `help:"How long a refusal may lag behind a change that was made on another server: 1s with several targets, 0 with one unless it stands for several."`
	WatchLimit  time.Duration  `help:"How late a watcher may hear of a sale." default:"5s"`
	LinearLimit int            `help:"Search histories of up to so many operations for a linearization." default:"6000"`
	SearchLimit time.Duration  `help:"How long that search may take; not to find out is a failure." default:"30s"`

	Database      string `help:"URL of the servers' PostgreSQL, for a last count past all servers." env:"STRESS_DATABASE_URL"`
	DatabaseQuery string `help:"What to count there: purchases and different shoppers of the sale with the number $1." default:"${count}"`

	Report string `help:"File for the report, a page of HTML; - for none." default:"stress.html"`
	JSON   string `help:"File for the numbers, which stress compare reads." name:"json"`
	JUnit  string `help:"File for continuous integration." name:"junit"`
	Quiet  bool   `help:"No progress bar."`

	takeAway func(ctx context.Context, target, n int) (alone bool, err error) // see load.Config
}

// maxLag: to wait for longer than that at the end of each run would be no use.
const maxLag = time.Minute

// check says what was asked wrongly: a crowd or a time that cannot be.
func (c *runCommand) check(s *load.Scenario) error {
	if c.Seed == 0 || c.Repeat < 1 {
		return errors.New("-seed and -repeat are 1 or more")
	}
	if last := uint64(math.MaxUint64); c.Seed > last-uint64(c.Repeat-1) {
		return fmt.Errorf("-repeat %d from -seed %d on goes beyond the last seed, %d", c.Repeat, c.Seed, last)
	}
	if c.Servers < 1 || c.Servers > maxServers {
		return fmt.Errorf("-servers is from 1 to %d", maxServers)
	}
	if c.Servers > 1 && len(c.Target) > 0 {
		return errors.New("-servers are of its own, and -target names others: say one of them")
	}
	if err := c.checkOutage(s, load.Crash, c.Crash, "kills one of -target's and starts it again"); err != nil {
		return err
	}
	if err := c.checkOutage(s, load.Freeze, c.Freeze, "stops one of -target's and lets it go on"); err != nil {
		return err
	}
	for _, o := range []number{
		numberOf("shoppers", true, c.Shoppers),
		numberOf("stock", true, c.Stock),
		numberOf("rate", true, c.Rate),
		numberOf("duration", true, c.Duration),
		numberOf("connections", true, c.Connections),
		numberOf("watchers", false, c.Watchers),
		numberOf("clients", true, c.Clients),
		numberOf("operations", true, c.Operations),
		numberOf("lag", false, c.Lag),
		numberOf("linear-limit", false, &c.LinearLimit),
		numberOf("timeout", true, &c.Timeout),
		numberOf("patience", true, &c.Patience),
		numberOf("max-late", true, &c.MaxLate),
		numberOf("watch-limit", true, &c.WatchLimit),
		numberOf("search-limit", true, &c.SearchLimit),
	} {
		if err := o.check(s); err != nil {
			return err
		}
	}
	if c.Lag != nil && *c.Lag > maxLag {
		return fmt.Errorf("-lag is %s at the most", maxLag)
	}
	return nil
}

// number is one that the command line has, or leaves to the scenario.
type number struct {
	name  string
	value float64
	some  bool // nothing is too little
	given bool
}

func numberOf[T int | float64 | time.Duration](name string, some bool, value *T) number {
	if value == nil {
		return number{name: name}
	}
	return number{name, float64(*value), some, true}
}

// check says what cannot be, and what the scenario has no use for.
func (n number) check(s *load.Scenario) error {
	switch {
	case !n.given:
	case n.value <= 0 && n.some:
		return fmt.Errorf("-%s is more than 0", n.name)
	case !(n.value >= 0) || n.value > math.MaxInt64: // also what is no number
		return fmt.Errorf("-%s is a number, 0 or more", n.name)
	case !s.Has(n.name):
		return fmt.Errorf("%s has no -%s to choose", s.Name, n.name)
	}
	return nil
}

// given is what the command line says, or 0.
func given[T any](value *T) (v T) {
	if value != nil {
		v = *value
	}
	return v
}

// checkOutage is for the command that takes servers away in this way, which does so.
func (c *runCommand) checkOutage(s *load.Scenario, way load.Outage, line, does string) error {
	switch {
	case line != "" && s.Takes != way:
		return fmt.Errorf("%s has no -%s to choose", s.Name, way)
	case line != "" && len(c.Target) == 0:
		return fmt.Errorf("-%s is for the servers of -target: with its own it does so by itself", way)
	case line == "" && s.Takes == way && len(c.Target) > 0:
		return fmt.Errorf("%s takes servers away: -%[2]s is the command that %[3]s", s.Name, way, does)
	case line != "":
		c.takeAway = func(ctx context.Context, _, _ int) (alone bool, err error) {
			ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), outageLimit, errTooLong)
			defer cancel()
			return false, command(ctx, way, line)
		}
	}
	return nil
}
