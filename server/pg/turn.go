package pg

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// turnWait is how long somebody may wait for a turn before going on without it.
	turnWait = 800 * time.Millisecond
	// turnIdle is how long the server lets a holder be silent before it takes the turn away.
	turnIdle = time.Second
	// turnConns is how many turns one process may hold, or wait for, at a time.
	turnConns = 8
)

// Errors of Take. Whoever gets one may go on without the turn: turns save work, they guarantee nothing.
var (
	ErrTurnTimeout = errors.New("the turn did not come in time")
)

// Turns lets the processes that share a database take turns, so that they do not fight over the same rows: a turn
// is a session's advisory lock, taken outside of any transaction. Serializable transactions that come one after the
// other do not fail; those that overlap do, and a lock taken inside of one waits with an old snapshot.
//
// A process that stops while it holds a turn loses it after a second, on the server's side.
type Turns struct {
	pool       *pgxpool.Pool
	wait, idle time.Duration
}

// Turn is held until End. A nil Turn is nobody's, and may be ended.
type Turn struct {
	conn *pgxpool.Conn
	key  int64
}

// NewTurns makes a pool of its own for turns: a turn's holder waits for connections of the other pool, never the
// other way round.
func (db *DB) NewTurns(ctx context.Context) (*Turns, error) {
	return db.newTurns(ctx, turnWait, turnIdle)
}

func (db *DB) newTurns(ctx context.Context, wait, idle time.Duration) (*Turns, error) {
	cfg := db.Pool.Config()
	cfg.MaxConns, cfg.MinConns, cfg.MinIdleConns = turnConns, 0, 0
	cfg.ConnConfig.RuntimeParams["application_name"] = "stampede turns"
	cfg.ConnConfig.RuntimeParams["lock_timeout"] = strconv.FormatInt(wait.Milliseconds(), 10)
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("pg: open the pool of turns: %w", err)
	}
	return &Turns{pool: pool, wait: wait, idle: idle}, nil
}

// Close gives the connections back. Turns that are held must have been ended.
func (t *Turns) Close() { t.pool.Close() }

// Take waits for the turn with this key, in the order in which the server was asked, for at most 0.8 s. Errors:
// ErrTurnTimeout; why the server could not be asked.
func (t *Turns) Take(ctx context.Context, key int64) (*Turn, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*t.wait)
	defer cancel()
	conn, err := t.pool.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("pg: connect for a turn: %w", err)
	}
	_, err = conn.Exec(ctx, `SELECT set_config('idle_session_timeout', $2, false), pg_advisory_lock($1)`,
		key, strconv.FormatInt(t.idle.Milliseconds(), 10))
	if err == nil {
		return &Turn{conn: conn, key: key}, nil
	}
	conn.Release()
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && refused.Code == lockNotAvailable {
		return nil, ErrTurnTimeout
	}
	return nil, fmt.Errorf("pg: take a turn: %w", err)
}

// End lets the next one have its turn. When the server can't be told, the connection is closed, which tells it too.
func (t *Turn) End() {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), turnWait)
	defer cancel()
	var unlocked bool
	err := t.conn.QueryRow(ctx, `SELECT pg_advisory_unlock($1), set_config('idle_session_timeout', '0', false) = '0'`,
		t.key).Scan(&unlocked, nil)
	if err != nil {
		_ = t.conn.Hijack().Close(ctx) // it is of no more use
		return
	}
	t.conn.Release()
}
