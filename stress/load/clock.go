package load

import (
	"context"
	"errors"
	"time"

	"stampede/stress/judge"
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
	// farAway is in how long a sale would open that is not to open, by whatever clock.
	farAway = 365 * 24 * time.Hour
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

// readTime reads the server's clock before the sale is made that is to open by it: any sale tells the time. Where there
// has never been one, one is made that does not open, and ended.
func (r *run) readTime(ctx context.Context) error {
	var err error
	r.clock, err = readClock(ctx, r.operator, r.Wallet.Operator, "")
	if !errors.Is(err, shop.ErrNoSale) {
		return err
	}
	plan := shop.Plan{SKU: "STRESS", Name: "Stress: what time is it?", Stock: 1, StartsAt: time.Now().Add(farAway)}
	sale, err := r.operator.Schedule(ctx, r.Wallet.Operator, plan)
	if err != nil {
		return err
	}
	r.clock, err = readClock(ctx, r.operator, r.Wallet.Operator, sale.ID)
	_, ended := r.operator.Change(context.WithoutCancel(ctx), r.Wallet.Operator, sale.ID, judge.End, 0)
	return errors.Join(err, ended)
}
