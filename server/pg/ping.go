package pg

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// pingAfter is how long a connection may be idle before it is asked whether it lives.
const pingAfter = time.Second

// pinging is pgxpool's ShouldPing: it pings by itself, and lets the pool ping only what it has found dead.
//
// A server that vanishes without a word, host and all, leaves connections that nobody answers on and nobody refuses.
// Such a one must use up neither all the time of whoever gets it nor its place in the pool: for a connection that
// fails, pgx dials once more to cancel the statement, and then waits for a goodbye, for up to 15 s.
func pinging(limit time.Duration) func(context.Context, pgxpool.ShouldPingParams) bool {
	return func(ctx context.Context, p pgxpool.ShouldPingParams) (dead bool) {
		if p.IdleDuration <= pingAfter {
			return false
		}
		g, err := guardBeneath(p.Conn)
		if err != nil {
			return true
		}
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		g.state.noCancel.Store(true)
		if err := p.Conn.Ping(ctx); err != nil {
			_ = g.Close()
			return true
		}
		g.state.noCancel.Store(false)
		return false
	}
}
