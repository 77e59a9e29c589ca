package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"stampede/tools/process"
)

// everybody are those who are compared, ours first.
var everybody = []string{ours, "gqlgen", "bare"}

// settle is how long a server is left alone before its memory is looked at.
const settle = 10 * time.Second

// measureIdle says what a subscriber costs who only waits.
func measureIdle(ctx context.Context, b *bench) error {
	kilobytes, goroutines := map[string][]float64{}, map[string][]float64{}
	for _, kind := range everybody {
		s, err := b.stageOf(ctx, kind, 1)
		if err != nil {
			return err
		}
		each, routines, err := s.idle(ctx)
		if err := errors.Join(err, s.close()); err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
		b.say("memory  %-7s %6.0f bytes and %.2f goroutines for each of %d", kind, each, routines, b.crowd)
		kilobytes[kind], goroutines[kind] = append(kilobytes[kind], each/1024), append(goroutines[kind], routines)
	}
	for _, kind := range everybody {
		where := fmt.Sprintf("%d subscribers", b.crowd)
		b.report.add("memory", kind, where, "resident KB each", kilobytes[kind])
		b.report.add("memory", kind, where, "goroutines each", goroutines[kind])
	}
	return nil
}

func (s *stage) idle(ctx context.Context) (bytes, goroutines float64, err error) {
	server := s.servers[0]
	pid := server.cmd.Process.Pid
	empty, err := server.memory(ctx)
	if err != nil {
		return 0, 0, err
	}
	before, err := process.Resident(pid)
	if err != nil {
		return 0, 0, err
	}
	if err := s.gather(s.crowd); err != nil {
		return 0, 0, err
	}
	wait(ctx, settle)
	after, err := process.Resident(pid)
	if err != nil {
		return 0, 0, err
	}
	full, err := server.memory(ctx)
	n := float64(s.crowd)
	return float64(after-before) / n, float64(full.goroutines-empty.goroutines) / n, err
}

// fan is what one measurement of a fan-out says.
type fan struct {
	verdict
	each time.Duration // the server's processor time for each state delivered
}

// fanOut lets n subscribers watch so many states a second.
func (b *bench) fanOut(ctx context.Context, kind string, n int) (f fan, err error) {
	s, err := b.stageOf(ctx, kind, 1)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.gather(n); err != nil {
		return f, err
	}
	if _, err := s.sell(ctx, time.Second, statesEvery); err != nil { // warm up
		return f, err
	}
	wait(ctx, 2*time.Second)
	first, err := s.forget(ctx)
	if err != nil {
		return f, err
	}
	pid := s.servers[0].cmd.Process.Pid
	before, err := process.Used(pid)
	if err != nil {
		return f, err
	}
	stop := s.profiling(ctx, kind, n)
	if _, err := s.sell(ctx, b.seconds, statesEvery); err != nil {
		return f, err
	}
	wait(ctx, 2*time.Second) // the last ones arrive
	after, err := process.Used(pid)
	if err := errors.Join(err, stop()); err != nil {
		return f, err
	}
	verdicts, err := s.judge(ctx, first)
	if err != nil {
		return f, err
	}
	f.verdict = verdicts[0]
	f.each = (after - before) / time.Duration(max(1, f.Delivered))
	b.say("fanout  %-7s %5d subscribers: %5.1f µs each, p50 %4.0f ms, p99 %4.0f ms, max %4.0f ms, %d delivered",
		kind, n, us(f.each), ms(f.P50), ms(f.P99), ms(f.Max), f.Delivered)
	if f.Final != n || f.Backwards > 0 {
		err = fmt.Errorf("%s: of %d subscribers %d saw the last state, %d are open %v, and %d revisions went back",
			kind, n, f.Final, f.Open, f.Ends, f.Backwards)
	}
	return f, err
}

func us(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// measureFanout compares what a delivered state costs the server, and how long it takes from the commit to the last
// of those who watch.
func measureFanout(ctx context.Context, b *bench) error {
	few := b.crowd / 3 // gqlgen's own can not carry more on two cores
	for _, c := range []struct {
		n     int
		kinds []string
	}{{few, everybody}, {b.crowd, []string{ours, "bare"}}} {
		cost, p50, p99 := map[string][]float64{}, map[string][]float64{}, map[string][]float64{}
		for range b.rounds {
			for _, kind := range c.kinds {
				f, err := b.fanOut(ctx, kind, c.n)
				if err != nil {
					return err
				}
				cost[kind] = append(cost[kind], us(f.each))
				p50[kind] = append(p50[kind], ms(f.P50))
				p99[kind] = append(p99[kind], ms(f.P99))
			}
		}
		where := fmt.Sprintf("%d subscribers", c.n)
		for _, kind := range c.kinds {
			b.report.add("fanout", kind, where, "µs of processor a state", cost[kind])
			b.report.add("fanout", kind, where, "p50 ms", p50[kind])
			b.report.add("fanout", kind, where, "p99 ms", p99[kind])
		}
		for _, kind := range c.kinds[1:] {
			b.report.ratio("fanout", fmt.Sprintf("processor time, ours / %s, %s", kind, where), cost[ours], cost[kind])
			b.report.ratio("fanout", fmt.Sprintf("p99, ours / %s, %s", kind, where), p99[ours], p99[kind])
		}
	}
	return nil
}

// profiling takes a profile of the server while it is measured, where that is asked for; stop waits for it.
func (s *stage) profiling(ctx context.Context, kind string, n int) (stop func() error) {
	if s.profile == "" {
		return func() error { return nil }
	}
	done := make(chan error, 1)
	go func() {
		data, err := s.servers[0].profile(ctx, fmt.Sprintf("profile?seconds=%d", max(1, int(s.seconds.Seconds()))))
		if err == nil {
			name := fmt.Sprintf("live-%s-%d.pprof", kind, n)
			err = os.WriteFile(filepath.Join(s.profile, name), data, 0o644) //nolint:gosec // everybody may read it
		}
		done <- err
	}()
	return func() error { return <-done }
}
