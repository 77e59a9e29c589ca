package sale

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"stampede/model"
)

const (
	// openingMargin is how long before a start memory stops saying "not yet": its clock is an estimate, and the
	// shopper whose click is a millisecond early by it may be right on time by the database's.
	openingMargin = time.Second
	// catchUpPage is how many purchases are read at a time.
	catchUpPage = 5000
	// pagePatience bounds how long a page may take: a network that is dead without a word must not hold up catching up,
	// and a connection, for minutes.
	pagePatience = 5 * time.Second
	// catchUpPause is how long nothing is read after a failure: a crowd would have it tried again at once, and again.
	catchUpPause = 250 * time.Millisecond
)

// memory answers what it knows for sure, without a transaction: an earlier purchase that it knows by heart, and every
// refusal of a shopper whom it knows to be none of the buyers. Another replica may let a sale sell again, so it refuses
// by lease.
type memory struct {
	*ledger
	store    *Store
	log      *slog.Logger
	patience time.Duration // with a page
	pause    time.Duration // after a failure

	ctx     context.Context // ends catching up
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu       sync.Mutex // guards what follows
	catching bool       // one sale at a time
	failing  bool       // the last time, it failed
	closed   bool
}

func newMemory(store *Store, log *slog.Logger) *memory {
	m := &memory{ledger: store.ledger, store: store, log: log, patience: pagePatience, pause: catchUpPause}
	m.ctx, m.cancel = context.WithCancel(context.Background())
	return m
}

// answer is the outcome of an order, nil when memory is not sure of it. It judges by the same rule book as a
// transaction does.
func (m *memory) answer(state *model.State, order model.Order) *model.Outcome {
	if p, known := m.find(state.ID, order.ShopperID); known {
		return outcome(state, []model.Purchase{p}, order)
	}
	if !settled(state) || m.store.unsealed(state) || m.store.grounds.of(state.ID).doubted.Load() {
		return nil
	}
	if !m.stranger(state.ID, order.ShopperID, state.Sold) {
		m.catchUp(state.Sale)
		return nil
	}
	leased, ask := m.store.leased(state)
	if ask {
		m.renew(&state.Sale)
	}
	if !leased {
		return nil
	}
	return outcome(state, nil, order)
}

// renew asks for a lease, in the background. Whoever is refused meanwhile is refused by the database.
func (m *memory) renew(known *model.Sale) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return
	}
	sale := *known
	m.running.Go(func() {
		if err := m.store.renew(m.ctx, sale); err != nil {
			m.log.Debug("no lease", "sale", sale.ID, "err", err)
		}
	})
}

// settled says whether nobody can buy as the sale stands. Whether no purchase from before is still to come, an end by
// the clock leaves open: see seal.
func settled(state *model.State) bool {
	switch state.Phase() {
	case model.PhaseUpcoming:
		return state.StartsAt.Sub(state.At) >= openingMargin
	case model.PhaseEnded, model.PhasePaused, model.PhaseSoldOut:
		return true // the row that says so was written after every purchase that it counts
	default:
		return false
	}
}

// outcome is what the rule book says. It is not for its callers' stack (see Service.fromMemory).
//
//go:noinline
func outcome(state *model.State, earlier []model.Purchase, order model.Order) *model.Outcome {
	return &model.Decide(state.Sale, earlier, []model.Order{order}, state.At).Outcomes[0]
}

// catchUp reads the purchases that this replica has not made itself, in the background.
func (m *memory) catchUp(sale model.Sale) {
	if !m.behind(sale.ID, sale.Sold) {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed || m.catching {
		return
	}
	m.catching = true
	m.running.Go(func() {
		err := m.read(sale)
		m.tell(sale.ID, err)
		if err != nil {
			pause(m.ctx, m.pause)
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		m.catching = false
	})
}

// tell logs how catching up has gone: the first failure, and that it works again.
func (m *memory) tell(id model.SaleID, err error) {
	if m.ctx.Err() != nil {
		return
	}
	m.mu.Lock()
	failed := m.failing
	m.failing = err != nil
	m.mu.Unlock()
	switch {
	case err != nil && !failed:
		m.log.Warn("could not read the purchases of a sale", "sale", id, "err", err)
	case err == nil && failed:
		m.log.Info("the purchases of sales can be read again", "sale", id)
	}
}

func (m *memory) read(sale model.Sale) error {
	for last := -1; ; {
		known := m.seen(sale.ID).ordinal
		if known >= sale.Sold || known <= last {
			return nil // all is known, or the book was pushed out meanwhile
		}
		last = known
		if err := m.readPage(sale); err != nil {
			return err
		}
	}
}

// readPage reads on from the last purchase that is known. That one is read again: when it is not what it was, the
// database has another history, and what is known of it is forgotten. What is noted is durable, for it will be told.
func (m *memory) readPage(sale model.Sale) error {
	ctx, cancel := context.WithTimeout(m.ctx, m.patience)
	defer cancel()
	history, known := m.history.Load(), m.seen(sale.ID)
	page, err := m.store.purchasesAfter(ctx, sale.ID, max(0, known.ordinal-1), catchUpPage)
	if err != nil {
		return err
	}
	if known.ordinal > 0 {
		if len(page) == 0 || !known.is(page[0]) {
			m.log.Warn("the database has lost purchases that it had", "sale", sale.ID)
			m.forget(sale.ID)
			return nil
		}
		page = page[1:]
	}
	if len(page) == 0 {
		return nil
	}
	if err := m.store.confirmAll(ctx); err != nil {
		return err
	}
	m.note(history, sale, page)
	return nil
}

// close ends catching up. Closing twice is fine.
func (m *memory) close(ctx context.Context) error {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.cancel()
	return waitFor(ctx, &m.running, "end what reads up who has bought")
}

// waitFor waits until the group is done, or ctx ends: then the error says what there was no time for.
func waitFor(ctx context.Context, group *sync.WaitGroup, what string) error {
	done := make(chan struct{})
	go func() {
		group.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", what, ctx.Err())
	}
}
