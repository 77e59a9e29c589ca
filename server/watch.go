package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"stampede/model"
	"stampede/server/activity"
	"stampede/server/stock"
)

// activityChannel is where servers tell each other what goes on.
const activityChannel = "stampede_activity"

// buildActivity makes the monitor. It reads from parts that are built later, but not before it runs. Whoever else
// speaks is a rival before it has sold anything.
func (a *App) buildActivity(clock *stock.Clock, onRival func()) {
	a.activity = activity.NewMonitor(counts{a}, wire{a.relay}, processName(), clock.Now, a.log)
	a.relay.Hear(activityChannel, func(words string) {
		if a.activity.Hear(words) {
			onRival()
		}
	})
}

// counts is what the monitor and the metrics read of this server.
type counts struct{ app *App }

func (c counts) Tallies() map[model.SaleID]model.Tally { return c.app.sales.Tallies() }

func (c counts) Unseen() map[model.SaleID]int { return c.app.sales.Unseen() }

func (c counts) Watching() map[model.SaleID]int {
	watching := c.app.graphql.Watching()
	if current, found, err := c.app.hub.Current(); err == nil && found {
		watching[current.ID] += watching[0]
	}
	delete(watching, 0)
	return watching
}

func (c counts) Listening() bool { return c.app.relay.Listening() }

func (c counts) HeardAt() time.Time { return c.app.hub.HeardAt() }

// wire carries the monitor's words by the relay.
type wire struct{ relay *stock.Relay }

func (w wire) Send(ctx context.Context, words []string) error {
	return w.relay.Send(ctx, activityChannel, words)
}

// processName tells this server from others, on this machine and elsewhere.
func processName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "server"
	}
	return fmt.Sprintf("%.64s/%d", host, os.Getpid())
}
