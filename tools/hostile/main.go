// Command hostile sends every bad input that there is, a thousand a second, to a server that sells as fast as it can,
// and says what that costs the sale. `make hostile` runs it; it takes two minutes, and nothing else may run meanwhile.
//
// It fails when purchases keep less than 90 % of the better rate that they have alone, before or after, when somebody
// else used the processors meanwhile, when a bad input costs the server more than 20 ms of processor time, when its
// memory grows by more than half, when an input is answered otherwise than it should be, or when the server's log tells
// of a panic.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "hostile:", err)
		os.Exit(1)
	}
}

const (
	leastKept  = 0.9                   // of the purchases' rate
	mostCost   = 20 * time.Millisecond // of the server's processor, for one bad input
	dearest    = 8                     // so many of them are named
	mostGrowth = 1.5                   // of the server's memory
	mostOthers = 0.2                   // of one processor: more, and the rates are theirs
)

type options struct {
	binary  string
	calm    time.Duration
	attack  time.Duration
	rate    int
	buyers  int
	callers int
	times   int
}

func run(ctx context.Context, args []string, w io.Writer) error {
	var o options
	flags := flag.NewFlagSet("hostile", flag.ContinueOnError)
	flags.StringVar(&o.binary, "server", "bin/stampede", "the server to start")
	flags.DurationVar(&o.calm, "calm", 15*time.Second, "how long the sale runs alone, before and after")
	flags.DurationVar(&o.attack, "attack", time.Minute, "how long the bad inputs come")
	flags.IntVar(&o.rate, "rate", 1000, "bad inputs a second")
	flags.IntVar(&o.buyers, "buyers", 200, "connections that buy")
	flags.IntVar(&o.callers, "callers", 25, "connections that send bad inputs")
	flags.IntVar(&o.times, "times", 200, "how often each bad input is sent alone, to see what it costs")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	s, err := startServer(ctx, o.binary)
	if err != nil {
		return err
	}
	measured, err := measure(ctx, s, o, w)
	if err := errors.Join(err, s.stop(), s.complaint()); err != nil {
		return err
	}
	return measured.judge(w)
}

// figures are what a run gave.
type figures struct {
	before, during, after phase
	costs                 []cost
}

func measure(ctx context.Context, s *server, o options, w io.Writer) (f figures, err error) {
	saleID, err := s.schedule(ctx)
	if err != nil {
		return f, err
	}
	crowd, err := openCrowd(ctx, s, saleID, o.buyers)
	if err != nil {
		return f, err
	}
	defer crowd.close()
	if _, err = crowd.rate(ctx, o.calm/3); err != nil { // it warms up
		return f, err
	}
	if f.before, err = s.phase(ctx, crowd, o.calm); err != nil {
		return f, err
	}
	f.before.say(w, "alone", "")

	attackers, stop := context.WithCancel(ctx)
	defer stop()
	a := newAttack(s, saleID)
	var running sync.WaitGroup
	for range o.callers {
		running.Go(func() { a.call(attackers, time.Duration(o.callers)*time.Second/time.Duration(o.rate)) })
	}
	start := time.Now()
	f.during, err = s.phase(ctx, crowd, o.attack)
	rate := float64(a.sent.Load()) / time.Since(start).Seconds()
	stop()
	running.Wait()
	if err := errors.Join(err, a.wrong()); err != nil {
		return f, err
	}
	f.during.say(w, "beside bad inputs", fmt.Sprintf(", %.0f inputs/s of %d kinds", rate, len(a.inputs)))

	if f.after, err = s.phase(ctx, crowd, o.calm); err != nil {
		return f, err
	}
	f.after.say(w, "alone again", "")
	if f.costs, err = a.costs(ctx, o.times); err == nil {
		sayCosts(w, f.costs)
	}
	return f, err
}

func (p phase) say(w io.Writer, when, more string) {
	_, _ = fmt.Fprintf(w, "%-20s %8.0f purchases/s, %d MB, others took %.0f %% of a processor%s\n",
		when, p.rate, p.memory>>20, 100*p.others, more)
}

func (f figures) judge(w io.Writer) error {
	kept := f.during.rate / max(f.before.rate, f.after.rate)
	if f.costs[0].each > mostCost {
		return fmt.Errorf("%s cost the server %s", f.costs[0].name, f.costs[0].each)
	}
	growth := float64(f.during.memory) / float64(f.before.memory)
	_, _ = fmt.Fprintf(w, "purchases kept       %8.1f %% of their rate; memory is %.2f of what it was; no panic\n",
		100*kept, growth)
	if growth > mostGrowth {
		return fmt.Errorf("the server's memory has grown to %.2f of what it was", growth)
	}
	if others := max(f.before.others, f.during.others, f.after.others); others > mostOthers {
		return fmt.Errorf("the rates say nothing: somebody else took %.0f %% of a processor", 100*others)
	}
	if kept < leastKept {
		return fmt.Errorf("purchases kept less than %.0f %% of their rate", 100*leastKept)
	}
	return nil
}
