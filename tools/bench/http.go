package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"stampede/model"
	"stampede/server/pg"
)

const (
	httpConnections = 1000
	// shoppersPerSecond bounds how many tokens are minted for a measurement.
	shoppersPerSecond = 90_000
	unknownSale       = 999_999
)

// contest is the purchases over HTTP that are compared.
type contest struct {
	*bench
	part    string // of the benchmark
	disk    string // the folder whose disk PostgreSQL's files are on
	db      *pg.DB
	server  *server
	tokens  []string
	soldOut int64
}

// measureHTTP compares a purchase that succeeds, one that is refused as sold out, and one of an unknown sale, which
// touches nothing: the floor of HTTP and GraphQL.
func measureHTTP(ctx context.Context, b *bench) error {
	return b.compare(ctx, "http", os.TempDir(), func(c *contest) error {
		if b.offered > 0 {
			return c.atOneRate(ctx, b.offered)
		}
		floor, err := c.asFastAsItGoes(ctx, "floor", "success", "sold out")
		if err != nil {
			return err
		}
		return c.atOneRate(ctx, floor/2)
	})
}

// compare starts a server, warm and with a crowd that has tokens, for what a part of the benchmark compares.
func (b *bench) compare(ctx context.Context, part, disk string, do func(*contest) error) (err error) {
	db, url, err := b.database(ctx, part)
	if err != nil {
		return err
	}
	// The load takes one of the cores at the most: its own scheduling shall not be what is measured.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	c := &contest{bench: b, part: part, disk: disk, db: db}
	gone, err := soldOutSale(ctx, db)
	if err != nil {
		return err
	}
	c.soldOut = int64(gone)
	if c.tokens, err = mintTokens(int(b.seconds.Seconds() * shoppersPerSecond)); err != nil {
		return err
	}
	if c.server, err = startServer(ctx, b.binary, url); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.server.stop(), db.Close()) }()
	if _, err := c.once(ctx, "floor", time.Second, 0); err != nil { // warm up
		return err
	}
	return do(c)
}

// asFastAsItGoes compares the rates of kinds of purchases, and returns that of the first.
func (c *contest) asFastAsItGoes(ctx context.Context, kinds ...string) (float64, error) {
	rates, spent := map[string][]float64{}, spending[string]{}
	for range c.rounds {
		for _, kind := range kinds {
			got, err := c.once(ctx, kind, c.seconds, 0)
			if err != nil {
				return 0, fmt.Errorf("%s: %w", kind, err)
			}
			rates[kind] = append(rates[kind], got.rate)
			spent.note(kind, got.spent.each(len(got.latencies)))
			c.say("%-7s %-9s %9.0f /s", c.part, kind, got.rate)
		}
	}
	for _, kind := range kinds {
		c.report.add(c.part, kind, fmt.Sprintf("%d connections", httpConnections), "answers/s", rates[kind])
		for who, us := range spent[kind] {
			c.report.add(c.part, kind, who, "µs of processor", us)
		}
		if name := ratioNames[kind]; name != "" {
			c.report.ratio(c.part, name, rates[kind], rates[kinds[0]])
		}
	}
	return median(rates[kinds[0]]), nil
}

var ratioNames = map[string]string{
	"success": "rate of successful purchases / floor", "sold out": "rate of sold-out refusals / floor",
}

// atOneRate compares latencies at a rate that leaves room for everybody, such as half the floor's. There are twice as
// many rounds and one more, and those of one kind are looked at together, too: a round of a few seconds has too few of
// the rare stalls for a percentile of its own. The disk is watched in all of them.
func (c *contest) atOneRate(ctx context.Context, rate float64) error {
	all, p99s, still := map[string][]time.Duration{}, map[string][]float64{}, map[string][]float64{}
	kinds := []string{"floor", "success"}
	if err := c.awaitCalmDisk(ctx, c.disk); err != nil {
		return err
	}
	for range 2*c.rounds + 1 {
		for _, kind := range kinds {
			got, err := c.beside(ctx, kind, rate)
			if err != nil {
				return fmt.Errorf("%s at %.0f /s: %w", kind, rate, err)
			}
			all[kind] = append(all[kind], got.latencies...)
			p99s[kind] = append(p99s[kind], ms(percentile(got.latencies, 0.99)))
			still[kind] = append(still[kind], got.disk.share())
			c.say("%-7s %-9s at %.0f /s  p50 %.2f ms  p99 %.2f ms  the disk stood still for %.1f %% of the time",
				c.part, kind, rate, ms(percentile(got.latencies, 0.5)), ms(percentile(got.latencies, 0.99)), got.disk.share())
		}
	}
	where := fmt.Sprintf("%.0f offered/s", rate)
	together := map[string]float64{}
	for _, kind := range kinds {
		slices.Sort(all[kind])
		together[kind] = ms(percentile(all[kind], 0.99))
		c.report.add(c.part, kind, where, "p50 ms", []float64{ms(percentile(all[kind], 0.5))})
		c.report.add(c.part, kind, where, "p99 ms", p99s[kind])
		c.report.add(c.part, kind, where, "p99 ms, rounds together", []float64{together[kind]})
		c.report.add(c.part, "disk, beside "+kind, where, "% of the time still", still[kind])
	}
	rateName := "half the floor's rate"
	if c.offered > 0 {
		rateName = where
	}
	c.report.ratio(c.part, "p99 of successful purchases / floor, at "+rateName, p99s["success"], p99s["floor"])
	c.report.ratio(c.part, "the same, rounds together", []float64{together["success"]}, []float64{together["floor"]})
	return nil
}

// outcome is what one measurement gave.
type outcome struct {
	rate      float64 // answers a second
	latencies []time.Duration
	spent     spent
	disk      diskNotes // where it was watched
}

// beside measures one kind of purchase at a rate, with an eye on the disk.
func (c *contest) beside(ctx context.Context, kind string, rate float64) (outcome, error) {
	watch, err := startDiskWatch(ctx, c.disk)
	if err != nil {
		return outcome{}, err
	}
	o, err := c.once(ctx, kind, c.seconds, rate)
	notes, diskErr := watch.stop()
	o.disk = notes
	return o, errors.Join(err, diskErr)
}

// once measures one kind of purchase, at a rate or, when that is 0, as fast as it goes.
func (c *contest) once(ctx context.Context, kind string, d time.Duration, rate float64) (o outcome, err error) {
	saleID, want := int64(unknownSale), `"SaleNotFound"`
	switch kind {
	case "sold out":
		saleID, want = c.soldOut, `"SoldOut"`
	case "success":
		id, err := openSale(ctx, c.db)
		if err != nil {
			return o, err
		}
		saleID, want = int64(id), `"PurchaseSuccess"`
		if err := awaitSale(ctx, c.server.addr, saleID, c.tokens[len(c.tokens)-1:]); err != nil {
			return o, err
		}
	}
	profiled := c.profileMeanwhile(ctx, kind, rate)
	before, err := readSpent(c.server.cmd.Process.Pid)
	if err != nil {
		return o, err
	}
	l := newLoad(c.server.addr, saleID, want, c.tokens)
	if rate == 0 {
		o.rate, o.latencies, err = l.asFastAsItGoes(ctx, httpConnections, d)
	} else {
		o.rate = rate
		o.latencies, err = l.atRate(ctx, httpConnections, d, rate)
	}
	after, statErr := readSpent(c.server.cmd.Process.Pid)
	o.spent = after.since(before)
	if err = errors.Join(err, statErr, <-profiled); err == nil && kind == "success" {
		err = verify(ctx, c.db, model.SaleID(saleID))
	}
	return o, err
}

// profileMeanwhile writes a CPU profile of the server while it is measured, where that is asked for.
func (c *contest) profileMeanwhile(ctx context.Context, kind string, rate float64) <-chan error {
	done := make(chan error, 1)
	if c.profile == "" {
		close(done)
		return done
	}
	name := strings.ReplaceAll(kind, " ", "-") + ".pprof"
	if rate > 0 {
		name = "half-" + name
	}
	go func() {
		data, err := c.server.profile(ctx, fmt.Sprintf("profile?seconds=%d", max(1, int(c.seconds.Seconds()))))
		if err == nil {
			err = os.MkdirAll(c.profile, 0o755) //nolint:gosec // it holds what everybody may read
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(c.profile, name), data, 0o644) //nolint:gosec // as above
		}
		done <- err
	}()
	return done
}

// awaitSale waits until a server knows a sale that was made behind its back: it sells one unit of it.
func awaitSale(ctx context.Context, addr string, saleID int64, token []string) error {
	for range 500 {
		probe := newLoad(addr, saleID, `"PurchaseSuccess"`, token)
		if _, _, err := probe.asFastAsItGoes(ctx, 1, pace); err == nil || errors.Is(err, errNoTokens) {
			return nil
		}
		wait(ctx, 10*time.Millisecond)
	}
	return errors.New("the server does not hear of a new sale")
}
