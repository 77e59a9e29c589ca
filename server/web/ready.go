package web

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	// readyWait bounds the question whether the server is ready.
	readyWait = 2 * time.Second
	// readyFor is how long its answer is kept: anybody may ask, and the database answers.
	readyFor = 500 * time.Millisecond
)

// readiness asks one question at a time, and tells the log when the answer is another one than before: anybody may ask,
// as often as they like.
type readiness struct {
	ask func(ctx context.Context) error
	log *slog.Logger

	mu  sync.Mutex // guards what follows
	at  time.Time
	err error
}

// check says why the server cannot serve just now; nil when it can. It does not end with who asks: others wait for the
// same answer.
func (r *readiness) check(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.at.IsZero() && time.Since(r.at) < readyFor {
		return r.err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyWait)
	defer cancel()
	before := r.err
	r.err = r.ask(ctx)
	r.at = time.Now()
	switch {
	case r.err != nil && before == nil:
		r.log.WarnContext(ctx, "not ready", "err", r.err)
	case r.err == nil && before != nil:
		r.log.InfoContext(ctx, "ready again")
	}
	return r.err
}
