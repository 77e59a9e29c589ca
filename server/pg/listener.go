package pg

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	listenerMinDelay = 100 * time.Millisecond
	listenerMaxDelay = 5 * time.Second
	listenTimeout    = 5 * time.Second
)

// Listener hears the notifications of some channels on a connection of its own, which it makes again whenever
// it is lost. Notifications sent meanwhile are lost; OnConnect is there to read what they would have said.
type Listener struct {
	// Channels are the names given to LISTEN.
	Channels []string

	// OnConnect is called after each LISTEN has taken effect and before the first notification of that
	// connection is delivered: what it reads is not older than what it will hear. An error makes the Listener
	// connect again. It may be nil.
	OnConnect func(ctx context.Context) error

	// OnLost is called, before the next attempt, each time that the connection is lost, could not be made, or was given
	// up because OnConnect failed. It must not block. It may be nil.
	OnLost func()

	// OnNotify is called for each notification, one after the other, in the order they were committed. It must
	// not block.
	OnNotify func(channel, payload string)

	// Silence is how long nothing may be heard before the server is asked whether it is there, and how long it
	// then has to answer; 10 s when zero. A dead network is noticed within twice that.
	Silence time.Duration

	// Log may be nil.
	Log *slog.Logger

	lost bool // the connection, and it has been told
}

// Listen runs l until ctx ends, and returns why it ended. Nothing else ends it: it tries to connect again,
// with waits between 0.1 s and 5 s. No goroutine is left when it returns.
func (db *DB) Listen(ctx context.Context, l Listener) error {
	if l.Log == nil {
		l.Log = slog.New(slog.DiscardHandler)
	}
	if l.Silence <= 0 {
		l.Silence = 10 * time.Second
	}
	delay := listenerMinDelay
	for {
		heard, err := l.session(ctx, db.connConfig())
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		l.lost = true
		if l.OnLost != nil {
			l.OnLost()
		}
		if heard {
			delay = listenerMinDelay
		}
		// Half of the wait is random, so that replicas do not come back in step; half is certain, so that a
		// connection that always fails at once is not made again without pause.
		pause := delay/2 + rand.N(delay/2+1)
		l.Log.WarnContext(ctx, "listener lost its connection", "channels", l.Channels, "retry_in", pause.String(), "err", err)
		if err := wait(ctx, pause); err != nil {
			return err
		}
		delay = min(2*delay, listenerMaxDelay)
	}
}

// session lives as long as one connection. It always returns an error; heard says that it got as far as
// listening.
func (l *Listener) session(ctx context.Context, cfg *pgx.ConnConfig) (heard bool, err error) {
	state := guardConfig(cfg)
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return false, fmt.Errorf("pg: connect the listener: %w", err)
	}
	// On a dead network a cancel request would hold up the next attempt, and there is nothing to cancel.
	state.noCancel.Store(true)
	defer closeConn(ctx, conn)
	for _, channel := range l.Channels {
		if err := execute(ctx, listenTimeout, conn, "LISTEN "+pgx.Identifier{channel}.Sanitize()); err != nil {
			return false, fmt.Errorf("pg: listen on %s: %w", channel, err)
		}
	}
	if l.OnConnect != nil {
		if err := l.OnConnect(ctx); err != nil {
			return false, fmt.Errorf("pg: after listening: %w", err)
		}
	}
	if l.lost {
		l.Log.InfoContext(ctx, "listener is connected again", "channels", l.Channels)
		l.lost = false
	}
	for {
		if err := l.hear(ctx, conn); err != nil {
			return true, err
		}
	}
}

// hear waits for one notification, or for a silence that turns out to be nothing worse.
func (l *Listener) hear(ctx context.Context, conn *pgx.Conn) error {
	waitCtx, cancel := context.WithTimeout(ctx, l.Silence)
	defer cancel()
	notification, err := conn.WaitForNotification(waitCtx)
	switch {
	case err == nil:
		l.OnNotify(notification.Channel, notification.Payload)
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case pgconn.Timeout(err) || errors.Is(err, context.DeadlineExceeded):
		if err := execute(ctx, l.Silence, conn, "-- are you there?"); err != nil {
			return fmt.Errorf("pg: the server was silent for %s: %w", l.Silence, err)
		}
		return nil
	default:
		return fmt.Errorf("pg: listen: %w", err)
	}
}

func execute(ctx context.Context, limit time.Duration, conn *pgx.Conn, query string) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	_, err := conn.Exec(ctx, query)
	return err
}

// closeConn says goodbye, then closes the socket, and waits until pgx has let go of it and of its goroutine.
func closeConn(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = conn.Close(ctx)
	_ = conn.PgConn().Conn().Close()
	<-conn.PgConn().CleanupDone()
}
