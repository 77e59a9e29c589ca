package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"stampede/server/pg"
)

// This file measures what happens when something goes wrong: subscribers who stop reading, a listener that is cut, and
// three replicas on one database in a rush.

// measureSlow lets a tenth of the subscribers stop reading for good.
func measureSlow(ctx context.Context, b *bench) (err error) {
	n, deaf := b.crowd/3, b.crowd/30
	s, err := b.stageOf(ctx, ours, 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.gather(n - deaf); err != nil {
		return err
	}
	without, err := s.servers[0].memory(ctx)
	if err != nil {
		return err
	}
	open, err := descriptors(s.servers[0].cmd.Process.Pid)
	if err != nil {
		return err
	}
	another, err := startLoader(ctx) // of those who will stop
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, another.stop()) }()
	if _, err := another.do(liveCommand{Do: "open", Addr: s.servers[0].addr, N: deaf}); err != nil {
		return err
	}
	before, boughtBefore, err := s.watchFor(ctx, slowFor)
	if err != nil {
		return err
	}
	if _, err := another.do(liveCommand{Do: "deafen", N: deaf}); err != nil {
		return err
	}
	gone := make(chan time.Duration, 1)
	go func() { gone <- untilClosed(ctx, s.servers[0].cmd.Process.Pid, open) }()
	during, boughtDuring, err := s.watchFor(ctx, slowFor)
	if err != nil {
		return err
	}
	after, err := s.servers[0].memory(ctx)
	if err != nil {
		return err
	}
	closed := <-gone
	b.reportSlow(fmt.Sprintf("%d of %d", deaf, n), []reading{
		{"before they stop", "p99 ms", ms(before.P99)},
		{"while they do not read", "p99 ms", ms(during.P99)},
		{"until they are closed", "s", closed.Seconds()},
		{"memory without them", "bytes", float64(without.bytes)},
		{"memory once they are gone", "bytes", float64(after.bytes)},
		{"a purchase before", "p50 ms", ms(percentile(boughtBefore, 0.5))},
		{"a purchase meanwhile", "p50 ms", ms(percentile(boughtDuring, 0.5))},
	})
	b.report.ratio("slow", "p99 of the others, with / without", []float64{ms(during.P99)}, []float64{ms(before.P99)})
	if closed == 0 {
		return fmt.Errorf("of %d who do not read, some are still connected", deaf)
	}
	return nil
}

// slowFor is how long it is measured before, and while they do not read.
const slowFor = 20 * time.Second

// reading is one number of it.
type reading struct {
	who, unit string
	value     float64
}

func (b *bench) reportSlow(where string, readings []reading) {
	for _, r := range readings {
		b.say("slow    %-28s %10.1f %s", r.who, r.value, r.unit)
		b.report.add("slow", r.who, where, r.unit, []float64{r.value})
	}
}

// watchFor sells for d, and says what the watchers saw and how long each purchase took, sorted.
func (s *stage) watchFor(ctx context.Context, d time.Duration) (verdict, []time.Duration, error) {
	first, err := s.forget(ctx)
	if err != nil {
		return verdict{}, nil, err
	}
	took, err := s.sell(ctx, d, statesEvery)
	if err != nil {
		return verdict{}, nil, err
	}
	wait(ctx, time.Second)
	verdicts, err := s.judge(ctx, first)
	if err != nil {
		return verdict{}, nil, err
	}
	slices.Sort(took)
	return verdicts[0], took, nil
}

// untilClosed waits until a process has no more descriptors than it had, for a while; 0 when it still has.
func untilClosed(ctx context.Context, pid, open int) time.Duration {
	start := time.Now()
	for time.Since(start) < slowFor && ctx.Err() == nil {
		if now, err := descriptors(pid); err == nil && now <= open+5 { // a connection to the database may come and go
			return time.Since(start)
		}
		wait(ctx, 50*time.Millisecond)
	}
	return 0
}

const liveCuts = 200

// measureCuts ends the listener's connection again and again, while another replica sells.
func measureCuts(ctx context.Context, b *bench) (err error) {
	s, err := b.stageOf(ctx, ours, 2)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	n := b.crowd / 30
	if err := s.gather(n); err != nil {
		return err
	}
	first, err := s.forget(ctx)
	if err != nil {
		return err
	}
	selling, enough := context.WithCancel(ctx)
	defer enough()
	var sold sync.WaitGroup
	var sellErr error
	sold.Go(func() {
		for selling.Err() == nil && sellErr == nil {
			_, sellErr = s.sell(ctx, time.Second, 5*time.Millisecond)
		}
	})
	start := time.Now()
	cut, err := cutListeners(ctx, s.db, liveCuts)
	took := time.Since(start)
	enough()
	sold.Wait()
	if err := errors.Join(err, sellErr); err != nil {
		return err
	}
	wait(ctx, 3*time.Second)
	verdicts, err := s.judge(ctx, first)
	if err != nil {
		return err
	}
	return b.judgeEnd("cuts", fmt.Sprintf("%d cuts in %.0f s", cut, took.Seconds()), n, verdicts)
}

// cutListeners ends n connections that listen, one after the other, as soon as there is one.
func cutListeners(ctx context.Context, db *pg.DB, n int) (cut int, err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for cut < n && ctx.Err() == nil {
		var ended int
		err := db.Pool.QueryRow(ctx, `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
			WHERE datname = current_database() AND query ILIKE 'listen%'`).Scan(&ended)
		if err != nil {
			return cut, err
		}
		cut += ended
		wait(ctx, 20*time.Millisecond)
	}
	return cut, ctx.Err()
}

// finalWithin is how soon everybody has to see the last state.
const finalWithin = 2 * time.Second

// judgeEnd reports how the subscribers of all servers ended, n each.
func (b *bench) judgeEnd(part, where string, n int, verdicts []verdict) error {
	var final, backwards, open int
	var last time.Duration
	for _, v := range verdicts {
		final, backwards, open = final+v.Final, backwards+v.Backwards, open+v.Open
		last = max(last, v.FinalLast)
	}
	who := fmt.Sprintf("%d subscribers", n*len(verdicts))
	b.say("%-7s %s, %s: %d saw the last state, within %.0f ms; %d revisions went back, %d are open",
		part, who, where, final, ms(last), backwards, open)
	b.report.add(part, who, where, "saw the last state", []float64{float64(final)})
	b.report.add(part, who, where, "ms until all saw it", []float64{ms(last)})
	b.report.add(part, who, where, "revisions that went back", []float64{float64(backwards)})
	if final != n*len(verdicts) || backwards > 0 || last > finalWithin {
		return fmt.Errorf("%s: of %s %d saw the last state, within %s, and %d revisions went back",
			part, who, final, last, backwards)
	}
	return nil
}

const liveReplicas = 3

// measureLiveReplicas lets three replicas sell one sale in a rush, each with its own crowd.
func measureLiveReplicas(ctx context.Context, b *bench) (err error) {
	s, err := b.stageOf(ctx, ours, liveReplicas)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.gather(b.crowd); err != nil {
		return err
	}
	first, err := s.forget(ctx)
	if err != nil {
		return err
	}
	if _, err := s.sell(ctx, b.seconds, 5*time.Millisecond); err != nil {
		return err
	}
	wait(ctx, 2*finalWithin)
	verdicts, err := s.judge(ctx, first)
	if err != nil {
		return err
	}
	return b.judgeEnd("replicas", "3 replicas", b.crowd, verdicts)
}
