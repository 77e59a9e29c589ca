package load

import (
	"context"
	"time"

	"stampede/stress/shop"
)

// clock is the server's, as seen from here: its reading is ahead of ours by so much, give or take off.
type clock struct{ ahead, off time.Duration }

const (
	clockSamples = 9
	// clockFloor: a server may itself only estimate the clock that decides, its database's.
	clockFloor = 5 * time.Millisecond
	// halfTick: instants come in whole milliseconds, cut off.
	halfTick = 500 * time.Microsecond
)

// readClock asks several times and believes the quickest answer.
func readClock(ctx context.Context, c *shop.Conn, token, sale string) (clock, error) {
	best := clock{off: time.Hour}
	for range clockSamples {
		s, e, err := c.Status(ctx, token, sale)
		if err != nil {
			return best, err
		}
		half := e.Received.Sub(e.Sent) / 2
		if off := half + halfTick; off < best.off {
			best = clock{ahead: s.ServerTime.Add(halfTick).Sub(e.Sent.Add(half)), off: off}
		}
	}
	best.off = max(best.off, clockFloor)
	return best, nil
}

// local is an instant of the server's clock by ours.
func (c clock) local(server time.Time) time.Time { return server.Add(-c.ahead) }
