package sale

import (
	"cmp"
	"context"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"stampede/model"
	"stampede/server/pg"
)

// committer is what the batcher asks of the store.
type committer interface {
	// Turn waits, within a bound, until it is this replica's turn to write to the sale, and returns what ends it.
	Turn(ctx context.Context, id model.SaleID) (end func())
	// Commit decides on the orders and makes the decision durable. Every order gets an outcome, or the error is
	// true of all of them.
	Commit(ctx context.Context, id model.SaleID, orders []model.Order) (model.Decision, error)
	// Amend makes an operator's change durable.
	Amend(ctx context.Context, id model.SaleID, wish model.Amendment) (model.State, error)
}

// Limits bound the batcher. A zero means the default.
type Limits struct {
	Waiting int // orders that may wait for one sale, 10 000; more are BUSY
	Batch   int // orders in one transaction, 512
	Changes int // operators' changes that may wait for one sale, 16; more are BUSY
	// Patience is how long an order may wait for its transaction to begin, 10 s; then it is BUSY.
	Patience time.Duration
}

// Batcher is group commit: while one commit of a sale is in flight, orders for it gather. The next transaction first
// waits for this replica's turn, and then takes all that wait, in the order they came, up to a bound. There is no
// timer: an idle sale answers at once, and the batch grows with the crowd. Operators' changes overtake orders, and
// stand between two commits.
//
// A caller who leaves changes nothing for the order that it has queued: that is bought or refused all the same.
type Batcher struct {
	store     committer
	committed func(model.Decision)
	limits    Limits
	log       *slog.Logger
	spawn     func(serve func()) // starts a lane
	running   sync.WaitGroup     // one for each lane

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
	came   time.Time
	answer chan answer // holds one, so that answering never waits for a caller
}

// answer is small, for it is copied on the stacks of thousands who wait.
type answer struct {
	outcome *model.Outcome // nil with an error
	err     error
}

type amendment struct {
	wish  model.Amendment
	state model.State
	err   error
	done  chan struct{}
}

// NewBatcher makes a batcher that commits to store, and tells committed of every decision that wrote something before
// it answers. An operator's change is a decision that sold nothing.
func NewBatcher(store committer, committed func(model.Decision), limits Limits, log *slog.Logger) *Batcher {
	b := &Batcher{
		store:     store,
		committed: committed,
		limits: Limits{
			Waiting: cmp.Or(limits.Waiting, 10_000),
			Batch:   cmp.Or(limits.Batch, 512),
			Changes: cmp.Or(limits.Changes, 16),

			Patience: cmp.Or(limits.Patience, 10*time.Second),
		},
		log:   log,
		lanes: map[model.SaleID]*lane{},
	}
	b.spawn = b.running.Go
	return b
}

// Do queues an order and waits for its outcome. Errors: SALE_NOT_FOUND; BUSY when the queue is full, the batcher
// closed, or nothing could be written; OUTCOME_UNKNOWN when the caller left first or the commit's end is not known.
func (b *Batcher) Do(ctx context.Context, id model.SaleID, order model.Order) (*model.Outcome, error) {
	t, err := b.queueOrder(id, order)
	if err != nil {
		return nil, err
	}
	select {
	case a := <-t.answer:
		tickets.Put(t)
		return a.outcome, a.err
	case <-ctx.Done():
		return nil, outcomeUnknown(ctx.Err()) // the ticket's answer is still to come
	}
}

// tickets are used again once they have been answered and read.
var tickets = sync.Pool{New: func() any { return &ticket{answer: make(chan answer, 1)} }}

func (b *Batcher) queueOrder(id model.SaleID, order model.Order) (*ticket, error) {
	t := tickets.Get().(*ticket) //nolint:errcheck // it holds nothing else
	t.order, t.came = order, time.Now()
	return t, b.join(id, func(l *lane) bool {
		if len(l.orders) >= b.limits.Waiting {
			return false
		}
		l.orders = append(l.orders, t)
		return true
	})
}

// Change queues an operator's change and waits until it is durable. Errors: model.Problems, as wish says or NOT_FOUND;
// BUSY; OUTCOME_UNKNOWN: whoever asks again may make it twice.
func (b *Batcher) Change(ctx context.Context, id model.SaleID, wish model.Amendment) (model.State, error) {
	a, err := b.queueChange(id, wish)
	if err != nil {
		return model.State{}, err
	}
	select {
	case <-a.done:
		return a.state, a.err
	case <-ctx.Done():
		return model.State{}, changeUnknown(ctx.Err()) // it may still be made
	}
}

func (b *Batcher) queueChange(id model.SaleID, wish model.Amendment) (*amendment, error) {
	a := &amendment{wish: wish, done: make(chan struct{})}
	return a, b.join(id, func(l *lane) bool {
		if len(l.changes) >= b.limits.Changes {
			return false
		}
		l.changes = append(l.changes, a)
		return true
	})
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
		b.spawn(func() { b.serve(id, l) })
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
	for b.waiting(id, l) {
		b.serveOnce(ctx, id, l)
	}
}

// waiting says whether anything waits in the lane; when nothing does, the lane is gone.
func (b *Batcher) waiting(id model.SaleID, l *lane) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(l.changes)+len(l.orders) > 0 {
		return true
	}
	delete(b.lanes, id)
	return false
}

// serveOnce takes the turn first and then what waits: who comes while it waits for the turn is still in time.
func (b *Batcher) serveOnce(ctx context.Context, id model.SaleID, l *lane) {
	end := b.store.Turn(ctx, id)
	defer end()
	runtime.Gosched() // whoever is about to queue comes along: larger batches, and nobody waits for a timer
	change, batch := b.next(l)
	if change != nil {
		b.amend(ctx, id, change)
		return
	}
	if batch = b.inTime(batch); len(batch) > 0 {
		b.commit(ctx, id, batch)
	}
}

// inTime answers those who have waited for too long, who are the first, and returns the others.
func (b *Batcher) inTime(batch []*ticket) []*ticket {
	for len(batch) > 0 && time.Since(batch[0].came) > b.limits.Patience {
		batch[0].answer <- answer{err: busy("It took too long: nothing was bought. Ask again.", nil)}
		batch = batch[1:]
	}
	return batch
}

// next takes the first change, else the next batch.
func (b *Batcher) next(l *lane) (*amendment, []*ticket) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(l.changes) > 0 {
		first := l.changes[0]
		l.changes = l.changes[1:]
		return first, nil
	}
	n := min(len(l.orders), b.limits.Batch)
	batch := l.orders[:n:n]
	l.orders = l.orders[n:]
	return nil, batch
}

// commit answers everyone in the batch. When one of them poisons it (the database refuses its data), the batch is
// halved until that one stands alone with its error.
func (b *Batcher) commit(ctx context.Context, id model.SaleID, batch []*ticket) {
	orders := make([]model.Order, len(batch))
	for i, t := range batch {
		orders[i] = t.order
	}
	decision, err := b.store.Commit(ctx, id, orders)
	if err != nil && len(batch) > 1 && pg.IsDataError(err) {
		half := len(batch) / 2
		b.commit(ctx, id, batch[:half])
		b.commit(ctx, id, batch[half:])
		return
	}
	if err != nil {
		err = b.explain(err, id, len(batch), ofOrders)
		for _, t := range batch {
			t.answer <- answer{err: err}
		}
		return
	}
	if len(decision.Sold) > 0 || decision.Fenced {
		b.committed(decision)
	}
	for i, t := range batch {
		t.answer <- answer{outcome: &decision.Outcomes[i]}
	}
}

func (b *Batcher) amend(ctx context.Context, id model.SaleID, a *amendment) {
	defer close(a.done)
	a.state, a.err = b.store.Amend(ctx, id, a.wish)
	if a.err != nil {
		a.err = b.explainChange(a.err, id)
		return
	}
	b.committed(model.Decision{Sale: a.state.Sale})
}

// Close refuses newcomers and returns when everybody who was accepted has an answer, or when ctx ends. Closing
// twice is fine.
func (b *Batcher) Close(ctx context.Context) error {
	b.refuseNewcomers()
	return waitFor(ctx, &b.running, "answer the purchases that were accepted")
}

func (b *Batcher) refuseNewcomers() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
}
