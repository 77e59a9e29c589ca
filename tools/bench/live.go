package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"stampede/model"
	"stampede/server/pg"
)

// The live benchmark measures what it costs to show tens of thousands the stock falling: `make bench-live`.

const livePartNames = "memory, fanout, slow, cuts, replicas"

var liveParts = []part{
	{"memory", liveCluster, measureIdle},
	{"fanout", liveCluster, measureFanout},
	{"slow", liveCluster, measureSlow},
	{"cuts", liveCluster, measureCuts},
	{"replicas", liveCluster, measureLiveReplicas},
}

func liveCluster(ctx context.Context, do func(*pg.Embedded) error) error {
	return withCluster(ctx, os.TempDir(), liveSettings, do)
}

// liveSettings: what is measured begins with the commit; how long a disk takes to flush is not part of it.
var liveSettings = map[string]string{
	"max_connections": "200", "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
	"track_commit_timestamp": "on",
}

const (
	crowdSize   = 15_000 // subscribers of one server, and of one load process
	statesEvery = 200 * time.Millisecond
)

// stage is one server with its subscribers' loads, and whoever buys.
type stage struct {
	*bench
	db      *pg.DB
	sale    model.SaleID
	servers []*server
	loads   []*loader
	buyer   *buyer
}

// stageOf starts servers of one kind (ours, gqlgen, bare) on a database of their own.
func (b *bench) stageOf(ctx context.Context, kind string, servers int) (s *stage, err error) {
	b.stages++
	db, url, err := b.database(ctx, fmt.Sprintf("live_%s_%d", kind, b.stages))
	if err != nil {
		return nil, err
	}
	s = &stage{bench: b, db: db}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if s.sale, err = openSale(ctx, db); err != nil {
		return nil, err
	}
	program, args := b.binary, []string(nil)
	if kind != ours {
		if program, err = os.Executable(); err != nil {
			return nil, err
		}
		args = []string{"rival", kind}
	}
	for range servers {
		started, err := startServer(ctx, program, url, args...)
		if err != nil {
			return nil, err
		}
		s.servers = append(s.servers, started)
		load, err := startLoader(ctx)
		if err != nil {
			return nil, err
		}
		s.loads = append(s.loads, load)
	}
	s.buyer, err = newBuyer(s.servers, int64(s.sale))
	if err == nil {
		err = s.buyer.buy(ctx) // so that the sale is known everywhere, and every path has been walked
	}
	return s, err
}

func (s *stage) close() error {
	var errs []error
	for _, l := range s.loads {
		errs = append(errs, l.stop())
	}
	for _, server := range s.servers {
		errs = append(errs, server.stop())
	}
	return errors.Join(append(errs, s.db.Close())...)
}

// gather opens n subscribers on each server.
func (s *stage) gather(n int) error {
	for i, l := range s.loads {
		if _, err := l.do(liveCommand{Do: "open", Addr: s.servers[i].addr, N: n}); err != nil {
			return err
		}
	}
	return nil
}

// sell buys one unit after the other, one every pause, for d, and returns how long each took. Whoever is late does not
// hold up the next one.
func (s *stage) sell(ctx context.Context, d, pause time.Duration) ([]time.Duration, error) {
	n := int(d / pause)
	type result struct {
		took time.Duration
		err  error
	}
	results := make(chan result, n)
	start := time.Now()
	for i := range n {
		wait(ctx, time.Until(start.Add(time.Duration(i)*pause)))
		go func() {
			sent := time.Now()
			err := s.buyer.buy(ctx)
			results <- result{time.Since(sent), err}
		}()
	}
	var took []time.Duration
	for range n {
		r := <-results
		if r.err != nil {
			return nil, r.err
		}
		took = append(took, r.took)
	}
	wait(ctx, time.Until(start.Add(d)))
	return took, ctx.Err()
}

// commits is when each unit from first on was committed, by the database's own account.
func (s *stage) commits(ctx context.Context, first int) (map[int64]int64, error) {
	rows, err := s.db.Pool.Query(ctx, `SELECT ordinal, (extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1e9)::bigint
		FROM purchases WHERE sale_id = $1 AND ordinal >= $2`, s.sale, first)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	commits := map[int64]int64{}
	for rows.Next() {
		var ordinal, at int64
		if err := rows.Scan(&ordinal, &at); err != nil {
			return nil, err
		}
		commits[ordinal] = at
	}
	return commits, rows.Err()
}

// sold is how many units are gone.
func (s *stage) sold(ctx context.Context) (n int, err error) {
	err = s.db.Pool.QueryRow(ctx, `SELECT sold FROM sales WHERE id = $1`, s.sale).Scan(&n)
	return n, err
}

// judge asks every load what it has seen of the units from first on.
func (s *stage) judge(ctx context.Context, first int) ([]verdict, error) {
	commits, err := s.commits(ctx, first)
	if err != nil {
		return nil, err
	}
	verdicts := make([]verdict, len(s.loads))
	for i, l := range s.loads {
		if verdicts[i], err = l.do(liveCommand{Do: "judge", Commits: commits}); err != nil {
			return nil, err
		}
	}
	return verdicts, nil
}

// forget makes the loads start anew, and returns the first unit that counts from now on.
func (s *stage) forget(ctx context.Context) (first int, err error) {
	for _, l := range s.loads {
		if _, err := l.do(liveCommand{Do: "forget"}); err != nil {
			return 0, err
		}
	}
	sold, err := s.sold(ctx)
	return sold + 1, err
}

// buyer buys, each unit as a new shopper, at one server after the other.
type buyer struct {
	servers []*server
	body    string
	tokens  []string
	next    chan int
	client  *http.Client
}

// liveShoppers is more than a measurement needs.
const liveShoppers = 20_000

func newBuyer(servers []*server, sale int64) (*buyer, error) {
	tokens, err := mintTokens(liveShoppers)
	if err != nil {
		return nil, err
	}
	b := &buyer{
		servers: servers, tokens: tokens, next: make(chan int, liveShoppers),
		body:   fmt.Sprintf(`{"query":%q,"variables":{"i":{"saleId":"sale_%d"}}}`, purchaseQuery, sale),
		client: &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 100}},
	}
	for i := range liveShoppers {
		b.next <- i
	}
	return b, nil
}

func (b *buyer) buy(ctx context.Context) error {
	var i int
	select {
	case i = <-b.next:
	default:
		return errNoTokens
	}
	s := b.servers[i%len(b.servers)]
	url := "http://" + s.addr + "/graphql"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(b.body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Authorization", "Bearer "+b.tokens[i])
	request.Header.Set(shopperHeader, "shopper-"+strconv.Itoa(i))
	response, err := b.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 4096))
	if err == nil && !strings.Contains(string(answer), `"PurchaseSuccess"`) {
		err = fmt.Errorf("bought nothing: %s", answer)
	}
	return err
}

// descriptors is how many a process has open.
func descriptors(pid int) (int, error) {
	open, err := os.ReadDir(filepath.Join("/proc", strconv.Itoa(pid), "fd"))
	return len(open), err
}
