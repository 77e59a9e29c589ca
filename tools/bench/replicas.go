package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"stampede/model"
	"stampede/server/pg"
)

// measureReplicas compares one, two and four server processes that sell the same units of one database over HTTP, and
// counts the transactions that lost against another replica's. There are twice as many rounds and one more: six busy
// processes on two cores differ much from round to round.
func measureReplicas(ctx context.Context, b *bench) error {
	db, url, err := b.database(ctx, "replicas")
	if err != nil {
		return err
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // as in measureHTTP
	tokens, err := mintTokens(int((b.seconds + time.Second).Seconds() * shoppersPerSecond))
	if err != nil {
		return errors.Join(err, db.Close())
	}
	crowd := []int{1, 2, 4}
	rates, failures, spent := map[int][]float64{}, map[int][]float64{}, spending[int]{}
	for range 2*b.rounds + 1 {
		for _, n := range crowd {
			rate, lost, each, err := b.sellTogether(ctx, db, url, n, tokens)
			if err != nil {
				return errors.Join(fmt.Errorf("%d replicas: %w", n, err), db.Close())
			}
			rates[n] = append(rates[n], rate)
			failures[n] = append(failures[n], lost)
			spent.note(n, each)
			b.say("replicas %d  %9.0f /s  %.2f transactions lost in 100 batches; µs: servers %.0f, postgres %.1f, load %.0f",
				n, rate, lost, each["server"], each["postgres"], each["load"])
		}
	}
	for _, n := range crowd {
		who := fmt.Sprintf("%d replicas", n)
		if n == 1 {
			who = "1 replica"
		}
		where := fmt.Sprintf("%d connections", httpConnections)
		b.report.add("replicas", who, where, "purchases/s", rates[n])
		b.report.add("replicas", who, where, "lost in 100 batches", failures[n])
		for part, us := range spent[n] {
			b.report.add("replicas", who, part, "µs of processor", us)
		}
		if n > 1 {
			b.report.ratio("replicas", fmt.Sprintf("rate of %d replicas / one", n), rates[n], rates[1])
		}
	}
	return db.Close()
}

// sellTogether lets n servers sell one sale, and returns the purchases a second of all, how many transactions were
// rolled back for each hundred that committed a batch, and what a purchase cost of the processor.
func (b *bench) sellTogether(
	ctx context.Context, db *pg.DB, url string, n int, tokens []string,
) (rate, lost float64, each map[string]float64, err error) {
	id, err := openSale(ctx, db)
	if err != nil {
		return 0, 0, nil, err
	}
	before, err := rollbacks(ctx, db)
	if err != nil {
		return 0, 0, nil, err
	}
	servers := make([]*server, 0, n)
	stopAll := func() (err error) {
		for _, s := range servers {
			err = errors.Join(err, s.stop())
		}
		servers = nil
		return err
	}
	defer func() { err = errors.Join(err, stopAll()) }()
	for range n {
		s, err := startServer(ctx, b.binary, url)
		if err != nil {
			return 0, 0, nil, err
		}
		servers = append(servers, s)
	}
	if rate, each, err = sellThrough(ctx, servers, id, tokens, b.seconds); err != nil {
		return 0, 0, nil, err
	}
	// A server process reports its last transactions when it ends.
	if err := stopAll(); err != nil {
		return 0, 0, nil, err
	}
	after, err := rollbacks(ctx, db)
	if err != nil {
		return 0, 0, nil, err
	}
	var batches int64
	err = db.Pool.QueryRow(ctx, `SELECT count(DISTINCT purchased_at) FROM purchases WHERE sale_id = $1`, id).Scan(&batches)
	if err == nil {
		err = verify(ctx, db, id)
	}
	return rate, 100 * float64(after-before) / float64(max(1, batches)), each, err
}

// sellThrough divides the connections among the servers. A second of it goes before the measurement: replicas first
// have to hear of each other.
func sellThrough(
	ctx context.Context, servers []*server, id model.SaleID, tokens []string, d time.Duration,
) (total float64, each map[string]float64, err error) {
	pids := make([]int, len(servers))
	for i, s := range servers {
		pids[i] = s.cmd.Process.Pid
	}
	for _, part := range []struct {
		tokens []string
		d      time.Duration
	}{
		{tokens[:shoppersPerSecond], time.Second},
		{tokens[shoppersPerSecond:], d},
	} {
		before, err := readSpent(pids...)
		if err != nil {
			return 0, nil, err
		}
		var running sync.WaitGroup
		rates, counts, errs := make([]float64, len(servers)), make([]int, len(servers)), make([]error, len(servers))
		share := len(part.tokens) / len(servers)
		for i, s := range servers {
			l := newLoad(s.addr, int64(id), `"PurchaseSuccess"`, part.tokens[i*share:(i+1)*share])
			running.Go(func() {
				var latencies []time.Duration
				rates[i], latencies, errs[i] = l.asFastAsItGoes(ctx, httpConnections/len(servers), part.d)
				counts[i] = len(latencies)
			})
		}
		running.Wait()
		after, err := readSpent(pids...)
		if err := errors.Join(err, errors.Join(errs...)); err != nil {
			return 0, nil, err
		}
		total = 0
		sold := 0
		for i, rate := range rates {
			total += rate
			sold += counts[i]
		}
		each = after.since(before).each(sold)
	}
	return total, each, nil
}

// rollbacks is how many transactions of the database have been rolled back so far.
func rollbacks(ctx context.Context, db *pg.DB) (n int64, err error) {
	err = db.Pool.QueryRow(ctx,
		`SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()`).Scan(&n)
	return n, err
}
