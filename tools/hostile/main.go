// Command hostile sends every bad input that there is, a thousand a second, to a server that sells as fast as it can,
// and says what that costs the sale. `make hostile` runs it; it takes two minutes, and nothing else may run meanwhile.
//
// It fails when purchases keep less than 90 % of the better rate that they have alone, before or after, when the
// server's memory grows by more than half, when an input is answered otherwise than it should be, or when the server's
// log tells of a panic.
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
	leastKept  = 0.9 // of the purchases' rate
	mostGrowth = 1.5 // of the server's memory
)

type options struct {
	binary  string
	calm    time.Duration
	attack  time.Duration
	rate    int
	buyers  int
	callers int
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
	before, during, after float64 // purchases a second
	calmMemory, memory    int     // kB
	inputs                int64
	seconds               float64
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
	if f.before, err = crowd.rate(ctx, o.calm); err != nil {
		return f, err
	}
	f.calmMemory = s.memory()
	_, _ = fmt.Fprintf(w, "alone                %8.0f purchases/s, %d MB\n", f.before, f.calmMemory/1024)

	attackers, stop := context.WithCancel(ctx)
	defer stop()
	a := newAttack(s, saleID)
	var running sync.WaitGroup
	for range o.callers {
		running.Go(func() { a.call(attackers, time.Duration(o.callers)*time.Second/time.Duration(o.rate)) })
	}
	start := time.Now()
	f.during, err = crowd.rate(ctx, o.attack)
	f.seconds = time.Since(start).Seconds()
	f.memory = s.memory()
	stop()
	running.Wait()
	f.inputs = a.sent.Load()
	if err := errors.Join(err, a.wrong()); err != nil {
		return f, err
	}
	_, _ = fmt.Fprintf(w, "beside bad inputs    %8.0f purchases/s, %d MB, %.0f inputs/s of %d kinds\n",
		f.during, f.memory/1024, float64(f.inputs)/f.seconds, len(a.inputs))

	f.after, err = crowd.rate(ctx, o.calm)
	_, _ = fmt.Fprintf(w, "alone again          %8.0f purchases/s, %d MB\n", f.after, s.memory()/1024)
	return f, errors.Join(err, crowd.err())
}

func (f figures) judge(w io.Writer) error {
	kept := f.during / max(f.before, f.after)
	growth := float64(f.memory) / float64(f.calmMemory)
	_, _ = fmt.Fprintf(w, "purchases kept       %8.1f %% of their rate; memory is %.2f of what it was; no panic\n",
		100*kept, growth)
	if kept < leastKept {
		return fmt.Errorf("purchases kept less than %.0f %% of their rate", 100*leastKept)
	}
	if growth > mostGrowth {
		return fmt.Errorf("the server's memory has grown to %.2f of what it was", growth)
	}
	return nil
}
