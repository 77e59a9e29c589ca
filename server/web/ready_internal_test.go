package web

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
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
		var log bytes.Buffer
		r := &readiness{log: slog.New(slog.NewTextHandler(&log, nil)), ask: func(context.Context) error {
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
		assert.ErrorIs(t, r.check(t.Context()), away)
		assert.Equal(t, 1, strings.Count(log.String(), "\n"), "told once: %s", log.String())
		assert.Contains(t, log.String(), `level=WARN msg="not ready" err=away`)
		log.Reset()
		<-time.After(readyFor)
		away = nil
		assert.NoError(t, r.check(t.Context()))
		assert.Equal(t, 3, asked)
		assert.Contains(t, log.String(), `level=INFO msg="ready again"`)
	})
}
