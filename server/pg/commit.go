package pg

import (
	"context"
	"crypto/tls"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/uptrace/bun"
)

// ErrOutcomeUnknown is what errors.Is finds in an *AmbiguousError.
var ErrOutcomeUnknown = errors.New("the outcome of COMMIT is unknown")

// AmbiguousError says that COMMIT was sent and no certain answer came back: the transaction may be durable,
// lost, or committed on this server only (a synchronous standby did not confirm it). Whoever gets it must not
// answer yes or no before a later transaction that writes has looked: a plain read can see a row that a
// failover then loses.
type AmbiguousError struct {
	// Cause is what came instead of an answer.
	Cause error
}

func (e *AmbiguousError) Error() string {
	return "pg: " + ErrOutcomeUnknown.Error() + ": " + e.Cause.Error()
}

// Unwrap gives the cause.
func (e *AmbiguousError) Unwrap() error { return e.Cause }

// Is reports whether target is ErrOutcomeUnknown.
func (e *AmbiguousError) Is(target error) bool { return target == ErrOutcomeUnknown }

var (
	errHiddenFailure = errors.New("a statement had failed, fn hid it, and COMMIT became a ROLLBACK")
	errEndedByFn     = errors.New("fn ended the transaction itself")
)

// guard sits between pgx and the network on each connection of the pool, for the sake of COMMIT.
//
// When pgx gives a connection up, for whatever reason, it dials once more to send a cancel request. With a
// synchronous standby a cancelled COMMIT is committed on the primary only, and a failover loses it. So while
// a COMMIT is under way the guard refuses that dial. It also holds the last warning that the server sent.
type guard struct {
	net.Conn
	state *guardState
	reads deadline
}

type guardState struct {
	noCancel atomic.Bool    // from here on pgx dials only to cancel, and that is refused
	writes   atomic.Int64   // attempts to send anything
	warning  *pgconn.Notice // touched only by the goroutine that uses the connection
}

func (g *guard) Write(b []byte) (int, error) {
	g.state.writes.Add(1)
	return g.Conn.Write(b)
}

var errNoCancel = errors.New("pg: a cancel request was withheld")

// guardConnection is pgxpool's BeforeConnect.
func guardConnection(_ context.Context, cfg *pgx.ConnConfig) error {
	guardConfig(cfg)
	return nil
}

// guardConfig puts a guard around the one connection that is about to be made from cfg.
func guardConfig(cfg *pgx.ConnConfig) *guardState {
	state := &guardState{}
	dial, onNotice := cfg.DialFunc, cfg.OnNotice
	cfg.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if state.noCancel.Load() {
			return nil, errNoCancel
		}
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &guard{Conn: conn, state: state}, nil
	}
	cfg.OnNotice = func(conn *pgconn.PgConn, notice *pgconn.Notice) {
		if notice.SeverityUnlocalized == "WARNING" {
			state.warning = notice
		}
		if onNotice != nil {
			onNotice(conn, notice)
		}
	}
	return state
}

// guardOf finds the guard beneath a connection that came out of the pool.
func guardOf(conn bun.Conn) (g *guard, err error) {
	err = conn.Raw(func(driverConn any) error {
		p, ok := driverConn.(*pipeline)
		if !ok {
			return fmt.Errorf("pg: %T is not a connection of Open's pool", driverConn)
		}
		g, err = guardBeneath(p.Conn.Conn())
		return err
	})
	return g, err
}

func guardBeneath(conn *pgx.Conn) (*guard, error) {
	wire := conn.PgConn().Conn()
	if encrypted, ok := wire.(*tls.Conn); ok {
		wire = encrypted.NetConn()
	}
	g, ok := wire.(*guard)
	if !ok {
		return nil, fmt.Errorf("pg: %T is not guarded: the pool was not made by Open", wire)
	}
	return g, nil
}

// cutAfter closes the connection under its user's feet after d: the bound of everything that has no context.
// stop reports false when it has already happened.
func (g *guard) cutAfter(d time.Duration) (stop func() bool) {
	return time.AfterFunc(d, func() { _ = g.Close() }).Stop
}

// commit sends COMMIT and waits for its answer for at most bound. No context ends it. It returns nil (durable),
// an *AmbiguousError, or an error that says for certain that nothing was committed.
func (g *guard) commit(tx bun.Tx, bound time.Duration) error {
	g.state.warning = nil
	g.state.noCancel.Store(true)
	before := g.state.writes.Load()
	stop := g.cutAfter(bound)
	err := tx.Commit()
	sent := g.state.writes.Load() != before
	inTime := stop()
	if err == nil {
		g.state.noCancel.Store(false)
		if w := g.state.warning; w != nil {
			return &AmbiguousError{Cause: fmt.Errorf("the server warned at COMMIT: %w", (*pgconn.PgError)(w))}
		}
		return nil
	}
	if definite := definiteRefusal(err, sent); definite != nil {
		g.state.noCancel.Store(false)
		return definite
	}
	if !inTime {
		err = fmt.Errorf("no answer within %s: %w", bound, err)
	}
	return &AmbiguousError{Cause: err}
}

// definiteRefusal tells the errors of COMMIT after which the transaction is certainly gone, and gives nil for
// all others. An ERROR is certain, because the server can only raise one before its commit record is written;
// FATAL and PANIC end the connection and say nothing about the transaction, nor does a lost connection.
//
// Whether COMMIT was sent is what the guard saw. pgconn.SafeToRetry must not be asked: when the answer to a
// statement without parameters is lost, pgx 5.12 hides that behind its own "conn closed", which it calls safe.
func definiteRefusal(err error, sent bool) error {
	var pgErr *pgconn.PgError
	switch {
	case errors.Is(err, pgx.ErrTxCommitRollback):
		return fmt.Errorf("pg: rolled back: %w: %w", errHiddenFailure, err)
	case errors.Is(err, sql.ErrTxDone), errors.Is(err, pgx.ErrTxClosed):
		return fmt.Errorf("pg: %w: %w", errEndedByFn, err)
	case !sent:
		return fmt.Errorf("pg: COMMIT was not sent: %w", err)
	case errors.As(err, &pgErr) && pgErr.SeverityUnlocalized == "ERROR" && !unknowing(pgErr.Code):
		return fmt.Errorf("pg: commit: %w", err)
	}
	return nil
}

// unknowing are the codes that by their meaning leave the outcome open: statement_completion_unknown,
// connection exceptions, operator intervention (a pooler in between may send them as a plain ERROR).
func unknowing(code string) bool {
	return code == "40003" || strings.HasPrefix(code, "08") || strings.HasPrefix(code, "57P")
}
