package load

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"stampede/stress/judge"
	"stampede/stress/shop"
)

// room is where the watchers sit.
type room struct {
	r       *run
	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup
	all     []*watcher
	staying atomic.Bool // nobody leaves any more: the end is to be heard by all
}

// watcher is a subscriber who comes back when the connection breaks.
type watcher struct {
	target int
	leaves func() time.Duration // how long until they leave by themselves and come back; nil: never

	mu      sync.Mutex // guards what follows
	events  []judge.Event
	epoch   int32
	present bool
	cuts    int           // see judge.Watcher
	last    error         // the reason of the last of them
	heard   chan struct{} // closes with the first event
}

func newRoom(ctx context.Context, r *run) *room {
	room := &room{r: r}
	room.ctx, room.cancel = context.WithCancel(ctx)
	return room
}

const (
	// comeBackAfter is how long a watcher waits who lost the connection.
	comeBackAfter = 100 * time.Millisecond
	// seatLimit is how long it may take until all have their first event.
	seatLimit = 60 * time.Second
)

// enter seats n watchers, spread over the targets, and waits until each has had a first event.
func (m *room) enter(ctx context.Context, n int, leaves func(i int) func() time.Duration) error {
	seats := make(chan struct{}, connectAtOnce) // not all knock in the same instant
	for i := range n {
		w := &watcher{target: i % len(m.r.Targets), heard: make(chan struct{})}
		if leaves != nil {
			w.leaves = leaves(i)
		}
		m.all = append(m.all, w)
		number := int32(i)
		m.running.Go(func() { m.watch(w, number, seats) })
	}
	limit := time.NewTimer(seatLimit)
	defer limit.Stop()
	for i, w := range m.all {
		select {
		case <-w.heard:
		case <-limit.C:
			return fmt.Errorf("watcher %d %w", i, w.silence())
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// silence says that nothing was heard in time, and why, if anybody said.
func (w *watcher) silence() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.last == nil {
		return fmt.Errorf("has heard nothing within %s", seatLimit)
	}
	return fmt.Errorf("has heard nothing within %s: %w", seatLimit, w.last)
}

// watch is a watcher's life.
func (m *room) watch(w *watcher, number int32, seats chan struct{}) {
	for m.ctx.Err() == nil {
		left, err := m.visit(w, number, seats)
		if m.ctx.Err() != nil {
			return
		}
		w.mu.Lock()
		w.present = false
		w.epoch++
		if !left {
			w.cuts, w.last = w.cuts+1, err
		}
		w.mu.Unlock()
		if !left {
			m.r.mu.Lock()
			m.r.troubleLocked(err)
			m.r.mu.Unlock()
		}
		sleep(m.ctx, comeBackAfter)
	}
}

// visit is one connection, from its opening to its end. It ends when the watcher has left, or with an error.
func (m *room) visit(w *watcher, number int32, seats chan struct{}) (left bool, err error) {
	ctx, leave := context.WithCancel(m.ctx)
	defer leave()
	seats <- struct{}{}
	s, err := shop.Subscribe(ctx, m.r.Targets[w.target], m.r.sale.ID)
	<-seats
	if err != nil {
		return ctx.Err() != nil, err
	}
	defer s.Close()
	for first := true; ; first = false {
		state, at, err := s.Next()
		if err != nil {
			return ctx.Err() != nil, err
		}
		if first && w.leaves != nil && !m.staying.Load() { // not before: far away, the way in may be longer than the stay
			time.AfterFunc(w.leaves(), leave)
		}
		w.mu.Lock()
		if len(w.events) == 0 {
			close(w.heard)
		}
		w.present = true
		w.events = append(w.events, judge.Event{Watcher: number, Epoch: w.epoch, Received: m.r.at(at), State: state})
		w.mu.Unlock()
	}
}

// knows says that everybody has heard what their server says now. Who comes and goes must also be in the room: what
// they heard last is judged only then.
func (m *room) knows(states []judge.State) bool {
	for _, w := range m.all {
		w.mu.Lock()
		n := len(w.events)
		well := (w.present || w.leaves == nil) && n > 0 && w.events[n-1].State == states[w.target]
		w.mu.Unlock()
		if !well {
			return false
		}
	}
	return true
}

// leave ends it, and returns what was heard.
func (m *room) leave() (events []judge.Event, watchers []judge.Watcher) {
	for _, w := range m.all {
		w.mu.Lock()
		watchers = append(watchers, judge.Watcher{
			Target: int16(w.target), Leaves: w.leaves != nil, Stayed: w.present, Cuts: w.cuts, //nolint:gosec // few
		})
		w.mu.Unlock()
	}
	m.close()
	for _, w := range m.all {
		events = append(events, w.events...)
	}
	return events, watchers
}

// close shows everybody out.
func (m *room) close() {
	m.cancel()
	m.running.Wait()
}
