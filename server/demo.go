package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"stampede/graph"
	"stampede/model"
)

const (
	demoOpensIn      = 15 * time.Second
	demoStock        = 100
	demoOperatorLife = 12 * time.Hour
	demoOperator     = "operator"
)

// scheduleDemo gives a demo server something to sell: when no sale is on or to come, a hundred lamps that can be
// bought in a moment.
func (a *App) scheduleDemo(ctx context.Context, cfg Config) error {
	if !cfg.Demo {
		return nil
	}
	all, err := a.hub.All()
	if err != nil {
		return err
	}
	for state := range all {
		if stillSells(state) {
			return nil
		}
	}
	_, err = a.sales.Schedule(ctx, demoOperator, model.Plan{
		Product: model.Product{
			SKU:         "AURORA-1",
			Name:        "Aurora lamp",
			Description: "A warm light for a quiet evening. Hand-blown glass, a brass foot, one of a hundred.",
			ImageURL:    "/demo/aurora-lamp.svg",
			Price:       &model.Money{Amount: "49.90", CurrencyCode: "EUR"},
		},
		Stock:    demoStock,
		StartsAt: time.Now().Add(demoOpensIn),
	})
	if err != nil {
		return fmt.Errorf("schedule the demo sale: %w", err)
	}
	return nil
}

// stillSells says whether a sale is on or to come.
func stillSells(state model.State) bool {
	phase := state.Phase()
	return phase != model.PhaseEnded && phase != model.PhaseSoldOut
}

// printWelcome says where everything is, for a person at a terminal.
func (a *App) printWelcome(w io.Writer) error {
	token, _, err := a.auth.Mint(demoOperator, []graph.Scope{graph.ScopeOperator, graph.ScopeShopper}, demoOperatorLife)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, `
  Stampede is open.

  The page        %[1]s/
  The desk        %[1]s/desk
  The playground  %[1]s/playground
  An operator's token, good for 12 hours, for the desk and the playground:
  %[2]s

  Ctrl-C stops it; sales and purchases are kept.

`, a.URL(), token)
	return err
}
