package pg

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/uptrace/bun"
)

// SQLSTATEs after which a fresh transaction may succeed.
const (
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	uniqueViolation      = "23505"
	connectionFailure    = "08006"
)

// ErrContention says that every attempt lost against other transactions. Nothing was committed; the last
// cause is wrapped.
var ErrContention = errors.New("too much contention")

// TxOption changes one Serializable, or with WithTx all of a DB.
type TxOption func(*txConfig)

type txConfig struct {
	attempts  int
	timeout   time.Duration
	commit    time.Duration
	baseDelay time.Duration
	maxDelay  time.Duration
	unique    []string
	onRetry   func(sqlstate string)
}

func defaultTxConfig() txConfig {
	return txConfig{
		attempts:  10,
		timeout:   5 * time.Second,
		commit:    5 * time.Second,
		baseDelay: 2 * time.Millisecond,
		maxDelay:  100 * time.Millisecond,
	}
}

// TxTimeout bounds everything before COMMIT, all attempts and waits together; the default is 5 s. A statement that
// travels with COMMIT is under CommitTimeout.
func TxTimeout(d time.Duration) TxOption { return func(c *txConfig) { c.timeout = d } }

// CommitTimeout bounds the wait for COMMIT's answer, after which the outcome is unknown; the default is 5 s.
func CommitTimeout(d time.Duration) TxOption { return func(c *txConfig) { c.commit = d } }

// RetryUnique names unique constraints whose violation (23505) means that another transaction came first, as
// when two number the same ordinal, and not that the caller is wrong. Names add up.
func RetryUnique(constraints ...string) TxOption {
	return func(c *txConfig) { c.unique = append(slices.Clip(c.unique), constraints...) }
}

// OnRetry is called before each further attempt with the SQLSTATE that made it necessary; it must not block. Several
// are all called, in their order.
func OnRetry(fn func(sqlstate string)) TxOption {
	return func(c *txConfig) {
		before := c.onRetry
		c.onRetry = func(sqlstate string) {
			if before != nil {
				before(sqlstate)
			}
			fn(sqlstate)
		}
	}
}

// Serializable runs fn in a serializable transaction and commits it.
//
// A transaction that lost against another one (40001, 40P01, 23505 on a constraint named by RetryUnique),
// in fn or at COMMIT, is run again from the start, after a wait that grows and is random. So fn must touch
// nothing but the database, through tx and with the ctx that it is given, and must set what it returns to its
// caller afresh each time. fn must not end the transaction and must return the errors that it meets.
//
// Once a transaction has begun, the end of ctx no longer stops it: a COMMIT must never be cancelled. ctx is
// looked at before each attempt, and in the waits. TxTimeout and CommitTimeout bound the call.
//
// Every error but one means that nothing was committed:
//   - fn's own error, as fn returned it;
//   - ErrContention when all attempts lost, or the time for them was over;
//   - ctx's error, or why no transaction could begin or commit;
//   - *AmbiguousError (errors.Is ErrOutcomeUnknown): COMMIT was sent and its outcome is not known.
func (db *DB) Serializable(
	ctx context.Context, fn func(ctx context.Context, tx bun.Tx) error, opts ...TxOption,
) error {
	cfg := db.tx
	for _, opt := range opts {
		opt(&cfg)
	}
	deadline := time.Now().Add(cfg.timeout)
	for attempt := 1; ; attempt++ {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("pg: before attempt %d: %w", attempt, context.Cause(ctx))
		}
		err := db.attempt(ctx, deadline, cfg, fn)
		sqlstate, again := cfg.retryable(err)
		if !again {
			return err
		}
		if attempt >= cfg.attempts {
			return fmt.Errorf("pg: %w: %d attempts: %w", ErrContention, attempt, err)
		}
		delay := cfg.delay(attempt)
		if time.Now().Add(delay).After(deadline) {
			return fmt.Errorf("pg: %w: %d attempts in %s: %w", ErrContention, attempt, cfg.timeout, err)
		}
		if err := wait(ctx, delay); err != nil {
			return fmt.Errorf("pg: before attempt %d: %w", attempt+1, err)
		}
		if cfg.onRetry != nil {
			cfg.onRetry(sqlstate)
		}
	}
}

// attempt runs one transaction. Its error is definite unless it is an *AmbiguousError.
func (db *DB) attempt(
	ctx context.Context, deadline time.Time, cfg txConfig, fn func(ctx context.Context, tx bun.Tx) error,
) error {
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	conn, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("pg: take a connection: %w", err)
	}
	defer func() { _ = conn.Close() }()
	wire, err := guardOf(conn)
	if err != nil {
		return err
	}

	// From here on the caller's context counts no more. BEGIN, ROLLBACK and COMMIT have no end of their own:
	// the transaction keeps the context that it began with, and COMMIT must not be cancelled. The cut bounds
	// them, a moment after the deadline, so that the statements of fn end by their context first.
	uncancelled := context.WithoutCancel(ctx)
	stop := wire.cutAfter(time.Until(deadline) + time.Second)
	defer stop()
	tx, err := conn.BeginTx(uncancelled, &sql.TxOptions{Isolation: sql.LevelSerializable})
	if err != nil {
		return &beginError{err}
	}
	committing := false
	defer func() {
		if !committing { // also when fn panics
			_ = tx.Rollback()
		}
	}()
	fnCtx, cancelFn := context.WithDeadline(uncancelled, deadline)
	defer cancelFn()
	if err := fn(fnCtx, tx); err != nil {
		return err
	}
	if err := fnCtx.Err(); err != nil || !stop() {
		return fmt.Errorf("pg: the transaction took longer than %s: %w", cfg.timeout, context.DeadlineExceeded)
	}
	committing = true
	return wire.commit(tx, cfg.commit)
}

// beginError is a BEGIN that failed: the pool handed out a connection that had died meanwhile.
type beginError struct{ error }

func (e *beginError) Error() string { return "pg: begin: " + e.error.Error() }
func (e *beginError) Unwrap() error { return e.error }

// retryable decides from a definite error whether a fresh transaction may succeed where this one did not.
func (c *txConfig) retryable(err error) (sqlstate string, again bool) {
	if err == nil || errors.Is(err, ErrOutcomeUnknown) {
		return "", false
	}
	var begin *beginError
	if errors.As(err, &begin) && !errors.Is(err, context.DeadlineExceeded) {
		return connectionFailure, true
	}
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) {
		return "", false
	}
	switch pgErr.Code {
	case serializationFailure, deadlockDetected:
		return pgErr.Code, true
	case uniqueViolation:
		return pgErr.Code, slices.Contains(c.unique, pgErr.ConstraintName)
	}
	return "", false
}

// delay is a random wait below a ceiling that doubles with each attempt ("full jitter"): those who collided
// once are spread over the whole of it.
func (c *txConfig) delay(attempt int) time.Duration {
	ceiling := c.maxDelay
	if shift := attempt - 1; shift < 16 {
		ceiling = min(ceiling, c.baseDelay<<shift)
	}
	return rand.N(ceiling + 1)
}

// IsDataError says whether the database refused what it was given (class 22, data exceptions, and 23, violated
// constraints): the same statement with the same data will be refused again.
func IsDataError(err error) bool {
	refused, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (strings.HasPrefix(refused.Code, "22") || strings.HasPrefix(refused.Code, "23")) &&
		!errors.Is(err, ErrContention) && !errors.Is(err, ErrOutcomeUnknown)
}

// wait returns nil after d, or ctx's cause when that comes first.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
