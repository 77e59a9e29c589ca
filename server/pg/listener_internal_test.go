package pg

import (
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestAListenerBacksOff: as long as the database is away, what the relay hears by waits ever longer before it tries
// again, at most 5 s; and a part of each wait is random, so that replicas do not come back in step. The clock is the
// bubble's: nothing is waited for.
func TestAListenerBacksOff(t *testing.T) {
	t.Parallel()
	const attempts = 20
	seen := map[time.Duration]bool{}
	for range 5 {
		synctest.Test(t, func(t *testing.T) {
			ctx, stop := context.WithCancel(t.Context())
			var tried []time.Time
			cfg, err := pgxpool.ParseConfig("postgres://stampede@192.0.2.1/nowhere?sslmode=disable")
			require.NoError(t, err)
			cfg.ConnConfig.DialFunc = func(context.Context, string, string) (net.Conn, error) {
				if tried = append(tried, time.Now()); len(tried) == attempts {
					stop()
				}
				return nil, errors.New("the network is unreachable")
			}
			pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
			require.NoError(t, err)
			defer pool.Close()
			db := &DB{Pool: pool}
			require.ErrorIs(t, db.Listen(ctx, Listener{Channels: []string{"x"}}), context.Canceled)

			require.Len(t, tried, attempts)
			most := listenerMinDelay
			for i, when := range tried[1:] {
				wait := when.Sub(tried[i])
				assert.LessOrEqual(t, wait, most, "wait %d", i)
				assert.GreaterOrEqual(t, wait, most/2, "wait %d", i)
				if most == listenerMaxDelay {
					seen[wait] = true
				}
				most = min(2*most, listenerMaxDelay)
			}
			assert.Equal(t, listenerMaxDelay, most, "it does not grow for ever")
		})
	}
	assert.Greater(t, len(seen), 10, "no two servers wait alike")
}
