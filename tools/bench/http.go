package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"stampede/model"
	"stampede/server/pg"
)

const (
	httpConnections = 1000
	// shoppersPerSecond bounds how many tokens are minted for a measurement.
	shoppersPerSecond = 45_000
	unknownSale       = 999_999
)

// contest is the purchases over HTTP that are compared.
type contest struct {
	*bench
	db      *pg.DB
	server  *server
	tokens  []string
	soldOut int64
}

// measureHTTP compares a purchase that succeeds, one that is refused as sold out, and one of an unknown sale, which
// touches nothing: the floor of HTTP and GraphQL.
func measureHTTP(ctx context.Context, b *bench) (err error) {
	db, url, err := b.database(ctx, "http")
	if err != nil {
		return err
	}
	// The load takes one of the cores at the most: its own scheduling shall not be what is measured.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	c := &contest{bench: b, db: db}
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
	if _, err := c.once(ctx, "floor", time.Second, 0, nil); err != nil { // warm up
		return err
	}
	floor, err := c.asFastAsItGoes(ctx)
	if err != nil {
		return err
	}
	return c.atHalfTheFloor(ctx, floor/2)
}

func (c *contest) asFastAsItGoes(ctx context.Context) (float64, error) {
	rates := map[string][]float64{}
	for range c.rounds {
		for _, kind := range []string{"floor", "success", "sold out"} {
			rate, err := c.once(ctx, kind, c.seconds, 0, nil)
			if err != nil {
				return 0, fmt.Errorf("%s: %w", kind, err)
			}
			rates[kind] = append(rates[kind], rate)
			c.say("http    %-9s %9.0f /s", kind, rate)
		}
	}
	where := fmt.Sprintf("%d connections", httpConnections)
	for kind, values := range rates {
		c.report.add("http", kind, where, "answers/s", values)
	}
	c.report.ratio("http", "rate of successful purchases / floor", rates["success"], rates["floor"])
	c.report.ratio("http", "rate of sold-out refusals / floor", rates["sold out"], rates["floor"])
	return median(rates["floor"]), nil
}

// profileMeanwhile writes a CPU profile of the server while it is measured, where that is asked for.
func (c *contest) profileMeanwhile(ctx context.Context, kind string, rate float64) <-chan error {
	done := make(chan error, 1)
	if c.profile == "" {
		close(done)
		return done
	}
	go func() {
		data, err := c.server.profile(ctx, fmt.Sprintf("profile?seconds=%d", max(1, int(c.seconds.Seconds()))))
		if err == nil {
			err = os.MkdirAll(c.profile, 0o755) //nolint:gosec // it holds what everybody may read
		}
		if err == nil {
			name := strings.ReplaceAll(kind, " ", "-") + ".pprof"
			if rate > 0 {
				name = "half-" + name
			}
			err = os.WriteFile(filepath.Join(c.profile, name), data, 0o644) //nolint:gosec // as above
		}
		done <- err
	}()
	return done
}

func (c *contest) atHalfTheFloor(ctx context.Context, rate float64) error {
	p99s := map[string][]float64{}
	for range c.rounds {
		for _, kind := range []string{"floor", "success"} {
			var p99 float64
			if _, err := c.once(ctx, kind, c.seconds, rate, &p99); err != nil {
				return fmt.Errorf("%s at %.0f /s: %w", kind, rate, err)
			}
			p99s[kind] = append(p99s[kind], p99)
			c.say("http    %-9s at %.0f /s  p99 %.2f ms", kind, rate, p99)
		}
	}
	where := fmt.Sprintf("%.0f offered/s", rate)
	for kind, values := range p99s {
		c.report.add("http", kind, where, "p99 ms", values)
	}
	c.report.ratio("http", "p99 of successful purchases / floor, at half the floor's rate", p99s["success"], p99s["floor"])
	return nil
}

// once measures one kind of purchase and returns its rate.
func (c *contest) once(ctx context.Context, kind string, d time.Duration, rate float64, p99 *float64) (float64, error) {
	saleID, want := int64(unknownSale), `"SaleNotFound"`
	switch kind {
	case "sold out":
		saleID, want = c.soldOut, `"SoldOut"`
	case "success":
		id, err := openSale(ctx, c.db)
		if err != nil {
			return 0, err
		}
		saleID, want = int64(id), `"PurchaseSuccess"`
		if err := c.await(ctx, saleID); err != nil {
			return 0, err
		}
	}
	profiled := c.profileMeanwhile(ctx, kind, rate)
	before, _ := readSpent(c.server.cmd.Process.Pid)
	var got float64
	var latencies []time.Duration
	var err error
	if l := newLoad(c.server.addr, saleID, want, c.tokens); rate == 0 {
		got, latencies, err = l.asFastAsItGoes(ctx, httpConnections, d)
	} else {
		latencies, err = l.atRate(ctx, httpConnections, d, rate)
	}
	err = errors.Join(err, <-profiled)
	after, _ := readSpent(c.server.cmd.Process.Pid)
	if os.Getenv("DBG") != "" {
		c.say("   %s %.0f: %v us", kind, rate, after.since(before).each(len(latencies)))
		for _, p := range []float64{0.1, 0.5, 0.9, 0.95, 0.99, 0.999, 1} {
			c.say("   %s p%.3f %.2f ms", kind, p, ms(percentile(latencies, p)))
		}
	}
	if p99 != nil {
		*p99 = ms(percentile(latencies, 0.99))
	}
	if err == nil && kind == "success" {
		err = verify(ctx, c.db, model.SaleID(saleID))
	}
	return got, err
}

// await waits until the server knows a sale that was made behind its back.
func (c *contest) await(ctx context.Context, saleID int64) error {
	for range 500 {
		probe := newLoad(c.server.addr, saleID, `"PurchaseSuccess"`, c.tokens[len(c.tokens)-1:])
		if _, _, err := probe.asFastAsItGoes(ctx, 1, pace); err == nil {
			return nil
		}
		wait(ctx, 10*time.Millisecond)
	}
	return errors.New("the server does not hear of a new sale")
}
