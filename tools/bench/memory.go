package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"strconv"
	"sync"
	"time"

	"stampede/model"
	"stampede/server/pg"
)

const (
	waitingCallers = 10_000 // as many as may wait for one sale
	manyPurchases  = 1_000_000
)

// measureMemory says what a purchase costs that waits for its commit, in the engine and with its connection, and what
// a server has grown by after a million purchases.
func measureMemory(ctx context.Context, b *bench) error {
	db, url, err := b.database(ctx, "memory")
	if err != nil {
		return err
	}
	if err := b.memoryOfWaiting(ctx, db); err != nil {
		return errors.Join(err, db.Close())
	}
	s, err := startServer(ctx, b.binary, url)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	err = errors.Join(b.memoryOfConnections(ctx, db, s), b.memoryOfMany(ctx, db, s))
	return errors.Join(err, s.stop(), db.Close())
}

// holdSale keeps everybody from selling until release is called: it holds the sale's row in a transaction.
func holdSale(ctx context.Context, db *pg.DB, id model.SaleID) (release func() error, err error) {
	tx, err := db.Pool.Begin(ctx)
	if err != nil {
		return nil, err
	}
	_, err = tx.Exec(ctx, `SET LOCAL idle_in_transaction_session_timeout = 0`)
	if err == nil {
		_, err = tx.Exec(ctx, `SELECT FROM sales WHERE id = $1 FOR UPDATE`, id)
	}
	if err != nil {
		return nil, errors.Join(err, tx.Rollback(ctx))
	}
	return func() error { return tx.Rollback(ctx) }, nil
}

// memoryOfWaiting measures the engine alone, in this process: callers who wait in the batcher, each on a goroutine of
// its own, with all that these hold.
func (b *bench) memoryOfWaiting(ctx context.Context, db *pg.DB) error {
	id, err := openSale(ctx, db)
	if err != nil {
		return err
	}
	engine, err := newGroup(ctx, db)
	if err != nil {
		return err
	}
	sell := func(n int) (ends func() error) {
		errs := make([]error, n)
		var running sync.WaitGroup
		for i := range n {
			shopper := fmt.Sprintf("waiting-%09d", shopperNumber.Add(1))
			running.Go(func() { _, errs[i] = engine.batcher.Do(ctx, id, model.Order{ShopperID: shopper}) })
		}
		return func() error {
			running.Wait()
			return errors.Join(errs...)
		}
	}
	if err := sell(100)(); err != nil { // what is made once is made now
		return err
	}
	release, err := holdSale(ctx, db, id)
	if err != nil {
		return err
	}
	first := sell(1)
	accepted := engine.batcher.Accepted()
	before := inUse()
	rest := sell(waitingCallers - 1000)
	for engine.batcher.Accepted() < accepted+waitingCallers-1000 && ctx.Err() == nil {
		wait(ctx, time.Millisecond)
	}
	each := float64(inUse()-before) / (waitingCallers - 1000)
	if err := errors.Join(release(), first(), rest(), engine.close(ctx)); err != nil {
		return err
	}
	b.say("memory  a waiting purchase, engine: %.0f bytes", each)
	b.report.add("memory", "a waiting purchase", "engine", "bytes", []float64{each})
	return verify(ctx, db, id)
}

// inUse is the memory that this process's heap and stacks take up, in bytes.
func inUse() int64 {
	runtime.GC()
	runtime.GC() // the first one's sweep is over when the second has begun
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse) //nolint:gosec // far below
}

// memoryOfConnections measures a server whose connections each wait for a purchase.
func (b *bench) memoryOfConnections(ctx context.Context, db *pg.DB, s *server) error {
	tokens, err := mintTokens(httpConnections + 1)
	if err != nil {
		return err
	}
	id, err := openSale(ctx, db)
	if err != nil {
		return err
	}
	if err := awaitSale(ctx, s.addr, int64(id), tokens[httpConnections:]); err != nil {
		return err
	}
	before, err := s.memory(ctx)
	if err != nil {
		return err
	}
	release, err := holdSale(ctx, db, id)
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() {
		_, _, err := newLoad(s.addr, int64(id), `"PurchaseSuccess"`, tokens[:httpConnections]).asFastAsItGoes(
			ctx, httpConnections, time.Millisecond)
		done <- err
	}()
	held := before
	for range 100 { // until each has one goroutine that waits, and one that watches for the connection's end
		if held, err = s.memory(ctx); err != nil || held.goroutines >= before.goroutines+2*httpConnections-2 {
			break
		}
	}
	if err := errors.Join(err, release()); err != nil {
		return err
	}
	if err := <-done; err != nil && !errors.Is(err, errNoTokens) {
		return err
	}
	if held.goroutines < before.goroutines+2*httpConnections-2 {
		return fmt.Errorf("only %d goroutines: not everybody waits", held.goroutines-before.goroutines)
	}
	each := float64(held.bytes-before.bytes) / httpConnections
	b.say("memory  a waiting purchase, with its connection: %.0f bytes", each)
	b.report.add("memory", "a waiting purchase", "with its connection", "bytes", []float64{each})
	return verify(ctx, db, id)
}

// memoryOfMany measures a server before and after a million purchases of one sale.
func (b *bench) memoryOfMany(ctx context.Context, db *pg.DB, s *server) error {
	const first = 100_000 // fills what is bounded
	tokens, err := mintTokens(first + manyPurchases + 1)
	if err != nil {
		return err
	}
	id, err := openSale(ctx, db)
	if err != nil {
		return err
	}
	if err := awaitSale(ctx, s.addr, int64(id), tokens[first+manyPurchases:]); err != nil {
		return err
	}
	sell := func(tokens []string) (memory, error) {
		// They run out of shoppers: that is the end.
		_, _, err := newLoad(s.addr, int64(id), `"PurchaseSuccess"`, tokens).asFastAsItGoes(ctx, httpConnections, time.Hour)
		if err != nil && !errors.Is(err, errNoTokens) {
			return memory{}, err
		}
		return s.restingMemory(ctx)
	}
	before, err := sell(tokens[:first])
	if err != nil {
		return err
	}
	after, err := sell(tokens[first : first+manyPurchases])
	if err != nil {
		return err
	}
	for name, m := range map[string]memory{"before": before, "after": after} {
		b.say("memory  %s a million purchases: %d bytes, %d goroutines", name, m.bytes, m.goroutines)
		b.report.add("memory", "a server at rest", name+" a million purchases", "bytes", []float64{float64(m.bytes)})
		b.report.add("memory", "a server at rest", name+" a million purchases", "goroutines",
			[]float64{float64(m.goroutines)})
	}
	b.report.ratio("memory", "bytes in use after a million purchases / before",
		[]float64{float64(after.bytes)}, []float64{float64(before.bytes)})
	return verify(ctx, db, id)
}

// memory is what a server's heap and stacks take up after a collection, in bytes, and its goroutines.
type memory struct {
	bytes      int64
	goroutines int
}

var (
	heapLine      = regexp.MustCompile(`# HeapAlloc = (\d+)`)
	stackLine     = regexp.MustCompile(`# Stack = (\d+)`)
	goroutineLine = regexp.MustCompile(`goroutine profile: total (\d+)`)
)

func (s *server) memory(ctx context.Context) (m memory, err error) {
	heap, err := s.profile(ctx, "heap?gc=1&debug=1")
	if err != nil {
		return m, err
	}
	goroutines, err := s.profile(ctx, "goroutine?debug=1")
	if err != nil {
		return m, err
	}
	number := func(line *regexp.Regexp, text []byte) int64 {
		found := line.FindSubmatch(text)
		if found == nil {
			err = errors.Join(err, fmt.Errorf("the profile has no %s", line))
			return 0
		}
		n, parseErr := strconv.ParseInt(string(found[1]), 10, 64)
		err = errors.Join(err, parseErr)
		return n
	}
	m.bytes = number(heapLine, heap) + number(stackLine, heap)
	m.goroutines = int(number(goroutineLine, goroutines))
	return m, err
}

// restingMemory waits until the connections of a load that has ended are gone, and with them what was kept for their
// next requests: a pool is empty after two collections.
func (s *server) restingMemory(ctx context.Context) (m memory, err error) {
	gone := 0
	for range 50 {
		if m, err = s.memory(ctx); err != nil {
			return m, err
		}
		if m.goroutines < httpConnections/10 {
			gone++
		}
		if gone == 3 {
			return m, nil
		}
		wait(ctx, 100*time.Millisecond)
	}
	return m, fmt.Errorf("the server still has %d goroutines", m.goroutines)
}
