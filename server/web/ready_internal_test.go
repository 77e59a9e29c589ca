package web

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestReadinessIsAskedOnce for all who ask at the same time, and kept for a moment.
func TestReadinessIsAskedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		away := errors.New("away")
		r := &readiness{ask: func(context.Context) error {
			asked++
			return away
		}}
		var all sync.WaitGroup
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		for range 50 {
			all.Go(func() { assert.ErrorIs(t, r.check(gone), away) })
		}
		all.Wait()
		assert.Equal(t, 1, asked)
		<-time.After(readyFor)
		away = nil
		assert.NoError(t, r.check(t.Context()))
		assert.Equal(t, 2, asked)
	})
}
