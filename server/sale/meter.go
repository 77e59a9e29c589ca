package sale

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"stampede/model"
)

// meter counts what becomes of one sale's orders. Counting is an atomic addition or two for each order: no lock, no
// allocation.
type meter struct {
	answers  [model.Answers]atomic.Int64
	retries  [len(model.RetryStates)]atomic.Int64
	batches  atomic.Int64
	batched  atomic.Int64
	inFlight atomic.Int64
	commits  durations
	took     durations
}

type durations [len(model.Durations{})]atomic.Int64

func (d *durations) count(took time.Duration) { d[model.DurationBucket(took)].Add(1) }

func (d *durations) read() (all model.Durations) {
	for i := range d {
		all[i] = d[i].Load()
	}
	return all
}

// answered counts an answer and the time that it took.
func (m *meter) answered(outcome *model.Outcome, err error, took time.Duration) {
	m.answers[model.AnswerOf(outcome, err)].Add(1)
	m.took.count(took)
}

// retried counts one more attempt of a transaction.
func (m *meter) retried(sqlstate string) { m.retries[model.RetryState(sqlstate)].Add(1) }

func (m *meter) tally() model.Tally {
	t := model.Tally{
		Batches: m.batches.Load(), Batched: m.batched.Load(), InFlight: m.inFlight.Load(),
		Commits: m.commits.read(), Took: m.took.read(),
	}
	for i := range t.Answers {
		t.Answers[i] = m.answers[i].Load()
	}
	for i := range t.Retries {
		t.Retries[i] = m.retries[i].Load()
	}
	return t
}

// maxMeters bounds how many sales are counted: 3 KB each.
const maxMeters = 1000

// meters are the meters of the sales that had orders since the start.
type meters struct {
	bySale sync.Map
	made   atomic.Int64
	making sync.Mutex
	others meter // of the sales beyond maxMeters and of those that there may not be, and read by nobody
}

// known is the meter of a sale that there may not be: what nobody has, makes none.
func (m *meters) known(id model.SaleID) *meter {
	if known, ok := m.bySale.Load(id); ok {
		return known.(*meter) //nolint:errcheck // it holds nothing else
	}
	return &m.others
}

// of is the meter of a sale that there is.
func (m *meters) of(id model.SaleID) *meter {
	if known := m.known(id); known != &m.others {
		return known
	}
	if m.made.Load() < maxMeters {
		m.make(id)
	}
	return m.known(id) // another may just have made the last one, for this sale
}

func (m *meters) make(id model.SaleID) {
	m.making.Lock()
	defer m.making.Unlock()
	if m.known(id) == &m.others && m.made.Load() < maxMeters {
		m.bySale.Store(id, new(meter))
		m.made.Add(1)
	}
}

// metered is a store whose commits are counted.
type metered struct{ *Store }

// Commit counts one more batch. That there is such a sale, the first commit finds out.
func (m metered) Commit(ctx context.Context, id model.SaleID, orders []model.Order) (model.Decision, error) {
	count, began := m.meters.known(id), time.Now()
	count.inFlight.Add(int64(len(orders)))
	decision, err := m.Store.Commit(ctx, id, orders)
	count.inFlight.Add(-int64(len(orders)))
	if err == nil {
		count = m.meters.of(id)
	}
	count.commits.count(time.Since(began))
	count.batches.Add(1)
	count.batched.Add(int64(len(orders)))
	return decision, err
}

// Tallies are the counts of every sale that has had orders since the start.
func (s *Service) Tallies() map[model.SaleID]model.Tally {
	all := map[model.SaleID]model.Tally{}
	s.meters.bySale.Range(func(key, value any) bool {
		id := key.(model.SaleID)        //nolint:errcheck // it holds nothing else
		tally := value.(*meter).tally() //nolint:errcheck // as above
		tally.Queued = s.batcher.Waits(id)
		all[id] = tally
		return true
	})
	return all
}

// Unseen is how many purchases of a sale memory does not know yet, and reads in the background: they were made by
// another server, or before this one started.
func (s *Service) Unseen() map[model.SaleID]int { return s.ledger.unseen() }

// Waits is how many orders wait for a sale's next commit.
func (b *Batcher) Waits(id model.SaleID) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	if l := b.lanes[id]; l != nil {
		return int64(len(l.orders))
	}
	return 0
}
