// Package activity tells operators what goes on: once a second it takes what this server has counted, exchanges it
// with the other servers of the database, and gives all of it to whoever watches.
package activity

import (
	"cmp"
	"context"
	"crypto/rand"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"stampede/model"
)

const (
	pace = time.Second
	// silentAfter is how long a server may be silent before it is shown as silent, forgottenAfter before it is not
	// shown any more.
	silentAfter    = 4 * time.Second
	forgottenAfter = time.Minute
	// maxReplicas and maxTold bound what is kept of other servers, and how many sales one server tells of in a second.
	maxReplicas = 64
	maxTold     = 16
)

// Source is what a monitor reads.
type Source interface {
	// Tallies are the counts of every sale that has had orders since the start.
	Tallies() map[model.SaleID]model.Tally
	// Watching is how many subscribers each sale has here.
	Watching() map[model.SaleID]int
}

// Wire carries a server's words to all the others.
type Wire interface {
	Send(ctx context.Context, words []string) error
}

// Monitor keeps what every server did in the last second. It satisfies graph.Activity.
type Monitor struct {
	source Source
	wire   Wire
	name   string
	self   string
	now    func() time.Time
	log    *slog.Logger

	last  map[model.SaleID]model.Tally // Run's own
	at    time.Time                    // Run's own: when last was taken
	round int64                        // Run's own
	mute  bool                         // Run's own: the last words could not be sent

	mu      sync.RWMutex // guards what follows
	own     map[model.SaleID]model.Work
	others  map[string]*replica
	changed chan struct{} // closed, and made anew, once a second
}

// replica is what is known of another server.
type replica struct {
	name  string
	heard time.Time
	round int64
	works map[model.SaleID]model.Work // of that round
}

// NewMonitor makes a monitor. Name is what this server is called among the others; now is the clock that the answers
// carry.
func NewMonitor(source Source, wire Wire, name string, now func() time.Time, log *slog.Logger) *Monitor {
	return &Monitor{
		last: map[model.SaleID]model.Tally{}, source: source, wire: wire, name: name, self: rand.Text()[:12],
		now: now, log: log,
		at: time.Now(), own: map[model.SaleID]model.Work{}, others: map[string]*replica{},
		changed: make(chan struct{}),
	}
}

// Run looks once a second until ctx ends, and then takes its leave of the others. They hear of this server at once.
func (m *Monitor) Run(ctx context.Context) {
	m.tell(ctx, []word{m.word(0, model.Work{})})
	ticker := time.NewTicker(pace)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			m.tell(ctx, m.look())
		case <-ctx.Done():
			m.leave(context.WithoutCancel(ctx))
			return
		}
	}
}

// look takes what has been counted since it last looked, and says what the others are told of it.
func (m *Monitor) look() []word {
	tallies, watching, at := m.source.Tallies(), m.source.Watching(), time.Now()
	works := map[model.SaleID]model.Work{}
	for id, tally := range tallies {
		works[id] = model.Work{
			Tally: tally.Minus(m.last[id]), Span: at.Sub(m.at), Retried: tally.Retries, Watching: watching[id],
		}
	}
	for id, n := range watching {
		if _, known := works[id]; !known {
			works[id] = model.Work{Span: at.Sub(m.at), Watching: n}
		}
	}
	m.last, m.at = tallies, at
	m.round++
	m.mu.Lock()
	m.own = works
	for id, other := range m.others {
		if at.Sub(other.heard) > forgottenAfter {
			delete(m.others, id)
		}
	}
	close(m.changed)
	m.changed = make(chan struct{})
	m.mu.Unlock()
	return m.words(works)
}

// words are what the others are told: of the sales where something happens, the busiest first. There is always one.
func (m *Monitor) words(works map[model.SaleID]model.Work) []word {
	ids := slices.SortedFunc(maps.Keys(works), func(a, b model.SaleID) int {
		return cmp.Or(cmp.Compare(stir(works[b]), stir(works[a])), cmp.Compare(a, b))
	})
	words := []word{m.word(0, model.Work{})}
	for _, id := range ids[:min(len(ids), maxTold)] {
		if stir(works[id]) > 0 {
			words = append(words, m.word(id, works[id]))
		}
	}
	return words
}

// stir is how much there is to tell of a sale.
func stir(w model.Work) int64 {
	n := w.Took.Count() + w.Batches + w.Queued + w.InFlight + int64(w.Watching)
	for _, retries := range w.Retried {
		n += retries
	}
	return n
}

// leave lets the others forget this server at once. If that fails, they see it fall silent.
func (m *Monitor) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, pace)
	defer cancel()
	_ = m.wire.Send(ctx, []string{word{Replica: m.self, Left: true}.encode()})
}

func (m *Monitor) tell(ctx context.Context, words []word) {
	ctx, cancel := context.WithTimeout(ctx, pace)
	defer cancel()
	texts := make([]string, 0, len(words))
	for _, w := range words {
		texts = append(texts, w.encode())
	}
	err := m.wire.Send(ctx, texts)
	if err != nil && !m.mute && ctx.Err() == nil {
		m.log.WarnContext(ctx, "could not tell the other servers what goes on here", "err", err)
	}
	m.mute = err != nil
}

// Hear takes another server's word, and says whether there is one that speaks. It does not block.
func (m *Monitor) Hear(text string) (present bool) {
	w, ok := decode(text)
	if !ok || w.Replica == m.self {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if w.Left {
		delete(m.others, w.Replica)
		return false
	}
	other := m.others[w.Replica]
	if other == nil {
		if len(m.others) >= maxReplicas {
			return true
		}
		other = &replica{works: map[model.SaleID]model.Work{}}
		m.others[w.Replica] = other
	}
	if w.Round != other.round {
		other.round, other.works = w.Round, map[model.SaleID]model.Work{}
	}
	other.name, other.heard = w.Name, time.Now()
	if w.SaleID > 0 && len(other.works) < maxTold {
		other.works[w.SaleID] = w.work()
	}
	return true
}

// Watch sends what goes on in a sale at once, and then once a second until ctx ends; then it closes the channel. Who
// does not keep up skips some.
func (m *Monitor) Watch(ctx context.Context, id model.SaleID) <-chan model.Activity {
	all := make(chan model.Activity)
	go func() {
		defer close(all)
		for {
			present, changed := m.present(id)
			select {
			case all <- present:
			case <-ctx.Done():
				return
			}
			select {
			case <-changed:
			case <-ctx.Done():
				return
			}
		}
	}()
	return all
}

func (m *Monitor) present(id model.SaleID) (model.Activity, <-chan struct{}) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	now := time.Now()
	present := model.Activity{SaleID: id, At: m.now()}
	present.Replicas = append(present.Replicas, model.ReplicaWork{
		Work: m.own[id], ID: m.self, Name: m.name, Self: true, HeardAt: present.At,
	})
	for key, other := range m.others {
		ago := now.Sub(other.heard)
		r := model.ReplicaWork{ID: key, Name: other.name, HeardAt: present.At.Add(-ago), Silent: ago > silentAfter}
		if !r.Silent {
			r.Work = other.works[id]
		}
		present.Replicas = append(present.Replicas, r)
	}
	slices.SortFunc(present.Replicas, func(a, b model.ReplicaWork) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return present, m.changed
}
