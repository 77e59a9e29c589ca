package sale

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"

	"stampede/model"
	"stampede/server/pg"
)

// committer is what the batcher asks of the store.
type committer interface {
	// Commit decides on the orders and makes the decision durable. Every order gets an outcome, or the error is
	// true of all of them.
	Commit(ctx context.Context, id model.SaleID, orders []model.Order) (model.Decision, error)
	// Amend makes an operator's change durable.
	Amend(ctx context.Context, id model.SaleID, change func(model.State) (model.Sale, error)) (model.State, error)
}

// Limits bound the batcher. A zero means the default.
type Limits struct {
	Waiting int // orders that may wait for one sale, 10 000; more are BUSY
	Batch   int // orders in one transaction, 512
	Changes int // operators' changes that may wait for one sale, 16; more are BUSY
}

// Batcher is group commit: while one commit of a sale is in flight, orders for it gather, and the next transaction
// takes all that wait, in the order they came, up to a bound. There is no timer: an idle sale answers at once, and
// the batch grows with the crowd. Operators' changes overtake orders, and stand between two commits.
//
// A caller who leaves changes nothing for the order that it has queued: that is bought or refused all the same.
type Batcher struct {
	store   committer
	publish func(model.Sale)
	limits  Limits
	log     *slog.Logger
	running sync.WaitGroup // one for each lane

	mu       sync.Mutex // guards what follows
	lanes    map[model.SaleID]*lane
	accepted int64
	closed   bool
}

// lane is the queue of one sale. It exists while something waits or is in flight, and one goroutine serves it.
// The batcher's mutex guards it.
type lane struct {
	orders  []*ticket
	changes []*amendment
}

type ticket struct {
	order  model.Order
	answer chan answer // holds one, so that answering never waits for a caller
}

type answer struct {
	outcome model.Outcome
	err     error
}

type amendment struct {
	change func(model.State) (model.Sale, error)
	state  model.State
	err    error
	done   chan struct{}
}

// NewBatcher makes a batcher that commits to store and hands every committed state to publish before it answers.
func NewBatcher(store committer, publish func(model.Sale), limits Limits, log *slog.Logger) *Batcher {
	return &Batcher{
		store:   store,
		publish: publish,
		limits: Limits{
			Waiting: cmp.Or(limits.Waiting, 10_000),
			Batch:   cmp.Or(limits.Batch, 512),
			Changes: cmp.Or(limits.Changes, 16),
		},
		log:   log,
		lanes: map[model.SaleID]*lane{},
	}
}

// Do queues an order and waits for its outcome. Errors: SALE_NOT_FOUND; BUSY when the queue is full, the batcher
// closed, or nothing could be written; OUTCOME_UNKNOWN when the caller left first or the commit's end is not known.
func (b *Batcher) Do(ctx context.Context, id model.SaleID, order model.Order) (model.Outcome, error) {
	t := &ticket{order: order, answer: make(chan answer, 1)}
	err := b.join(id, func(l *lane) bool {
		if len(l.orders) >= b.limits.Waiting {
			return false
		}
		l.orders = append(l.orders, t)
		return true
	})
	if err != nil {
		return model.Outcome{}, err
	}
	select {
	case a := <-t.answer:
		return a.outcome, a.err
	case <-ctx.Done():
		return model.Outcome{}, outcomeUnknown(ctx.Err())
	}
}

// Change queues an operator's change and waits until it is durable. Errors: as change says; BUSY; OUTCOME_UNKNOWN.
func (b *Batcher) Change(
	ctx context.Context, id model.SaleID, change func(model.State) (model.Sale, error),
) (model.State, error) {
	a := &amendment{change: change, done: make(chan struct{})}
	err := b.join(id, func(l *lane) bool {
		if len(l.changes) >= b.limits.Changes {
			return false
		}
		l.changes = append(l.changes, a)
		return true
	})
	if err != nil {
		return model.State{}, err
	}
	select {
	case <-a.done:
		return a.state, a.err
	case <-ctx.Done():
		return model.State{}, outcomeUnknown(ctx.Err())
	}
}

// join adds to the sale's lane, and starts the lane when there is none.
func (b *Batcher) join(id model.SaleID, add func(*lane) bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return busy("The server is about to stop: ask again.", nil)
	}
	l, running := b.lanes[id]
	if !running {
		l = &lane{}
	}
	if !add(l) {
		return busy("Too many are waiting: ask again in a moment.", nil)
	}
	b.accepted++
	if !running {
		b.lanes[id] = l
		b.running.Go(func() { b.serve(id, l) })
	}
	return nil
}

// Accepted is how many orders and changes have been queued so far.
func (b *Batcher) Accepted() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.accepted
}

// serve commits what waits in the lane until nothing does.
func (b *Batcher) serve(id model.SaleID, l *lane) {
	// No caller's context reaches a commit: the pool's and the transaction's own limits bound it.
	ctx := context.Background()
	for {
		change, batch := b.next(id, l)
		switch {
		case change != nil:
			b.amend(ctx, id, change)
		case batch != nil:
			b.commit(ctx, id, batch)
		default:
			return
		}
	}
}

// next takes the first change, else the next batch; with neither it takes the lane away.
func (b *Batcher) next(id model.SaleID, l *lane) (*amendment, []*ticket) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(l.changes) > 0 {
		first := l.changes[0]
		l.changes = l.changes[1:]
		return first, nil
	}
	if n := min(len(l.orders), b.limits.Batch); n > 0 {
		batch := l.orders[:n:n]
		l.orders = l.orders[n:]
		return nil, batch
	}
	delete(b.lanes, id)
	return nil, nil
}

func (b *Batcher) commit(ctx context.Context, id model.SaleID, batch []*ticket) {
	orders := make([]model.Order, len(batch))
	for i, t := range batch {
		orders[i] = t.order
	}
	decision, err := b.store.Commit(ctx, id, orders)
	if err != nil {
		err = b.explain(err, id, len(batch))
		for _, t := range batch {
			t.answer <- answer{err: err}
		}
		return
	}
	if len(decision.Sold) > 0 {
		b.publish(decision.Sale)
	}
	for i, t := range batch {
		t.answer <- answer{outcome: decision.Outcomes[i]}
	}
}

func (b *Batcher) amend(ctx context.Context, id model.SaleID, a *amendment) {
	defer close(a.done)
	a.state, a.err = b.store.Amend(ctx, id, a.change)
	if a.err != nil {
		a.err = b.explain(a.err, id, 1)
		return
	}
	b.publish(a.state.Sale)
}

// explain turns the store's error into the one that callers see.
func (b *Batcher) explain(err error, id model.SaleID, orders int) error {
	_, wrongInput := errors.AsType[model.Problems](err)
	switch {
	case wrongInput || model.CodeOf(err) != "":
		return err
	case errors.Is(err, pg.ErrOutcomeUnknown):
		b.log.Error("a commit's outcome is unknown", "sale", id, "orders", orders, "err", err)
		return outcomeUnknown(err)
	default:
		b.log.Error("a batch could not be committed", "sale", id, "orders", orders, "err", err)
		return busy("The server could not write just now: nothing was bought. Ask again.", err)
	}
}

// Close refuses newcomers and returns when everybody who was accepted has an answer, or when ctx ends. Closing
// twice is fine.
func (b *Batcher) Close(ctx context.Context) error {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()

	idle := make(chan struct{})
	go func() {
		b.running.Wait()
		close(idle)
	}()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
