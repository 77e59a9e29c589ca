package activity_test

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/model"
	"stampede/server/activity"
)

// counts is a source that the test fills.
type counts struct {
	mu       sync.Mutex // guards what follows
	tallies  map[model.SaleID]model.Tally
	watching map[model.SaleID]int
}

func (c *counts) Tallies() map[model.SaleID]model.Tally {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.tallies)
}

func (c *counts) Watching() map[model.SaleID]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.watching)
}

func (c *counts) watch(id model.SaleID, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.watching[id] = n
}

func (c *counts) add(id model.SaleID, change func(*model.Tally)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	tally := c.tallies[id]
	change(&tally)
	c.tallies[id] = tally
}

// air carries words to everybody, as NOTIFY does; cut is a database that is away.
type air struct {
	mu      sync.Mutex // guards what follows
	hearers []func(string)
	cut     bool
	longest int
}

func (a *air) Send(_ context.Context, words []string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.cut {
		return errors.New("away")
	}
	for _, word := range words {
		a.longest = max(a.longest, len(word))
		for _, hear := range a.hearers {
			hear(word)
		}
	}
	return nil
}

// join makes a server that runs in the bubble until ctx ends.
func (a *air) join(ctx context.Context, name string) (*activity.Monitor, *counts) {
	c := &counts{tallies: map[model.SaleID]model.Tally{}, watching: map[model.SaleID]int{}}
	m := activity.NewMonitor(c, a, name, time.Now, slog.New(slog.DiscardHandler))
	a.mu.Lock()
	a.hearers = append(a.hearers, func(words string) { m.Hear(words) })
	a.mu.Unlock()
	go m.Run(ctx)
	return m, c
}

// after is what goes on in sale 1 some seconds later.
func after(m *activity.Monitor, seconds int) model.Activity {
	time.Sleep(time.Duration(seconds)*time.Second + time.Millisecond)
	ctx, cancel := context.WithCancel(context.Background())
	defer func() {
		cancel()
		synctest.Wait()
	}()
	return <-m.Watch(ctx, 1)
}

func TestServersLearnEachOthersNumbers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var a air
		ann, anns := a.join(ctx, "ann")
		_, bobs := a.join(ctx, "bob")
		anns.add(1, func(tally *model.Tally) {
			tally.Answers[model.AnswerSold] = 30
			tally.Took[model.DurationBucket(2*time.Millisecond)] = 99
			tally.Batches, tally.Batched = 1, 30
		})
		bobs.watch(1, 7)
		bobs.add(1, func(tally *model.Tally) {
			tally.Answers[model.AnswerSoldOut] = 12
			tally.Retries[model.RetryState("40001")] = 3
			tally.Took[model.DurationBucket(time.Second)] = 1
			tally.Batches, tally.Batched, tally.Queued, tally.InFlight = 1, 10, 5, 4
		})

		got := after(ann, 1)
		require.Len(t, got.Replicas, 2)
		assert.Equal(t, []string{"ann", "bob"}, []string{got.Replicas[0].Name, got.Replicas[1].Name})
		assert.Equal(t, []bool{true, false}, []bool{got.Replicas[0].Self, got.Replicas[1].Self})
		total := got.Total()
		assert.InDelta(t, 30, total.PerSecond(model.AnswerSold), 0.1)
		assert.InDelta(t, 12, total.PerSecond(model.AnswerSoldOut), 0.1)
		assert.Equal(t, 7, total.Watching)
		assert.Equal(t, []int64{2, 40, 5, 4}, []int64{total.Batches, total.Batched, total.Queued, total.InFlight})
		assert.Equal(t, int64(3), total.Retried[0])
		p99, _ := total.Took.Quantile(0.99)
		assert.InDelta(t, 2, p99.Seconds()*1000, 0.3, "all answers together: one in a hundred was slow")

		quiet := after(ann, 1).Total()
		assert.Zero(t, quiet.PerSecond(model.AnswerSold), "nothing new in this second")
		assert.Zero(t, quiet.PerSecond(model.AnswerSoldOut))
		assert.Equal(t, 7, quiet.Watching)
		assert.Equal(t, int64(3), quiet.Retried[0], "counted since the start")
	})
}

func TestAServerFallsSilentThenIsForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		bobsLife, leave := context.WithCancel(ctx)
		defer leave()
		var a air
		ann, _ := a.join(ctx, "ann")
		_, bobs := a.join(bobsLife, "bob")
		bobs.watch(1, 7)
		assert.Equal(t, 7, after(ann, 1).Total().Watching)

		a.mu.Lock()
		a.cut = true
		a.mu.Unlock()
		got := after(ann, 5)
		require.Len(t, got.Replicas, 2)
		assert.True(t, got.Replicas[1].Silent)
		assert.False(t, got.Replicas[0].Silent, "it hears itself")
		assert.InDelta(t, 5, got.At.Sub(got.Replicas[1].HeardAt).Seconds(), 0.1)
		assert.Zero(t, got.Total().Watching, "what is not known is not counted")
		assert.Len(t, after(ann, 60).Replicas, 1)

		a.mu.Lock()
		a.cut = false
		a.mu.Unlock()
		assert.Len(t, after(ann, 1).Replicas, 2, "and back")
		leave()
		synctest.Wait()
		assert.Len(t, after(ann, 0).Replicas, 1, "who takes its leave is forgotten at once")
	})
}

func TestWordsAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var a air
		ann, _ := a.join(ctx, "ann")
		_, bobs := a.join(ctx, strings.Repeat("b", 100))
		for id := range model.SaleID(100) {
			bobs.add(id+1, func(tally *model.Tally) {
				for i := range tally.Took {
					tally.Took[i], tally.Commits[i] = 1<<40, 1<<40
				}
				tally.Answers[0] = 1 << 60
			})
		}
		got := after(ann, 1)
		assert.Len(t, got.Replicas, 2)
		assert.Less(t, a.longest, 8000, "what NOTIFY carries")
		for _, nonsense := range []string{"", "null", "{", `{"r":""}`, `{"r":"x","t":{"-1":1,"9999":1},"s":1}`, `[]`} {
			ann.Hear(nonsense)
		}
		assert.False(t, ann.Hear("nonsense"), "nobody speaks")
		assert.False(t, ann.Hear(`{"r":"gone","bye":true}`), "somebody who leaves")
		for range 200 {
			assert.True(t, ann.Hear(`{"r":"`+time.Now().Format("05.000000000")+`"}`))
			time.Sleep(time.Microsecond)
		}
		assert.Len(t, after(ann, 0).Replicas, 65, "no more than are kept")
	})
}
