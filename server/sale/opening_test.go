package sale //nolint:testpackage // leases are nobody else's

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/model"
	"stampede/server/pg/pgtest"
)

// change is an operator's wish.
func change(kind model.ChangeKind, do model.Change) model.Amendment {
	return model.Amendment{Kind: kind, By: "op", Change: do}
}

func restock(s model.Sale, now time.Time) (model.Sale, error) { return s.Restock(10, now) }

// moveStart moves the start of a sale, opened or not.
func moveStart(by time.Duration) model.Change {
	return func(s model.Sale, _ time.Time) (model.Sale, error) {
		s.StartsAt = s.StartsAt.Add(by)
		s.Version++
		return s, nil
	}
}

var (
	pauses  = change(model.Paused, model.Sale.Pause)
	resumes = change(model.Resumed, model.Sale.Resume)
	ends    = change(model.Ended, model.Sale.End)
	adds    = change(model.Restocked, restock)
	later   = change(model.Rescheduled, moveStart(time.Hour))
	sooner  = change(model.Rescheduled, moveStart(-time.Minute))
	opensUp = change(model.Rescheduled, func(s model.Sale, now time.Time) (model.Sale, error) {
		return s.Reschedule(now, time.Time{}, now)
	})
)

// TestNobodyIsRefusedByWhatWasBeforeAChange: a replica that has not heard of a change refuses from memory until the change
// has happened, and not afterwards.
func TestNobodyIsRefusedByWhatWasBeforeAChange(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		shuts []model.Amendment // none: it is sold out
		opens model.Amendment
	}{
		"sold out":     {opens: adds},
		"paused":       {shuts: []model.Amendment{pauses}, opens: resumes},
		"not open yet": {shuts: []model.Amendment{later}, opens: opensUp},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBesideOthers(t)
			m := openMemory(t, b.here)
			if len(c.shuts) == 0 {
				b.sellOut(t)
			}
			b.amends(t, c.shuts...)
			state := b.state(t)
			refuses := func() bool { return m.answer(&state, model.Order{ShopperID: "eve"}) != nil }
			require.Eventually(t, refuses, limit, tick)

			var opened atomic.Bool
			done := make(chan error, 1)
			go func() {
				_, err := b.there.Amend(context.Background(), b.id, c.opens)
				opened.Store(true)
				done <- err
			}()
			// Whoever goes on asking goes on being refused, and a lease is asked for once more after the change.
			for before := 0; !opened.Load() || b.renewed(t, state); runtime.Gosched() {
				if was := opened.Load(); refuses() {
					require.False(t, was, "after %d refusals before", before)
					before++
				}
			}
			require.NoError(t, <-done)
			assert.False(t, refuses())
			state = b.state(t)
			assert.Equal(t, model.PhaseActive, state.Phase())
		})
	}
}

// TestWhoWaitsForLeases: only a change that opens a sale. Whoever is reading for a lease holds it up, and nobody gets one
// meanwhile.
func TestWhoWaitsForLeases(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		soldOut bool
		before  []model.Amendment
		wish    model.Amendment
		waits   bool
	}{
		"sold out, and restocked":             {soldOut: true, wish: adds, waits: true},
		"paused, and resumed":                 {before: []model.Amendment{pauses}, wish: resumes, waits: true},
		"not open yet, and opened":            {before: []model.Amendment{later}, wish: opensUp, waits: true},
		"not open yet, and opened sooner":     {before: []model.Amendment{later}, wish: sooner, waits: true},
		"not open yet, and opened later":      {before: []model.Amendment{later}, wish: later},
		"not open yet, and restocked":         {before: []model.Amendment{later}, wish: adds},
		"paused before it opens, and resumed": {before: []model.Amendment{later, pauses}, wish: resumes, waits: true},
		"paused and sold out, and resumed":    {soldOut: true, before: []model.Amendment{pauses}, wish: resumes, waits: true},
		"paused, and ended":                   {before: []model.Amendment{pauses}, wish: ends},
		"paused, and restocked":               {before: []model.Amendment{pauses}, wish: adds},
		"on, and paused":                      {wish: pauses},
		"on, and restocked":                   {wish: adds},
		"sold out, and nothing is done to it": {soldOut: true, wish: resumes},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBesideOthers(t)
			if c.soldOut {
				b.sellOut(t)
			}
			b.amends(t, c.before...)
			asking, err := b.db.Pool.Begin(t.Context())
			require.NoError(t, err)
			t.Cleanup(func() { _ = asking.Rollback(context.Background()) }) // the database's end waits for it
			_, err = asking.Exec(t.Context(), `SELECT pg_advisory_xact_lock_shared($1)`, openingKey+int64(b.id))
			require.NoError(t, err)
			done := make(chan error, 1)
			go func() {
				_, err := b.there.Amend(context.Background(), b.id, c.wish)
				done <- err
			}()
			if c.waits {
				somebodyWaits(t, asking, "advisory")
				_, _, free, err := b.here.readUnlessOpening(t.Context(), b.id)
				require.NoError(t, err)
				assert.False(t, free, "nobody gets a lease meanwhile")
				require.NoError(t, asking.Rollback(t.Context()))
			}
			require.NoError(t, <-done)
			_, _, free, err := b.here.readUnlessOpening(t.Context(), b.id)
			require.NoError(t, err)
			assert.True(t, free)
		})
	}
}

// somebodyWaits returns when somebody waits for a lock of this kind in this database.
func somebodyWaits(t *testing.T, holder pgx.Tx, kind string) {
	t.Helper()
	require.Eventually(t, func() bool { return waitedFor(t, holder, kind) }, limit, tick)
}

func waitedFor(t *testing.T, holder pgx.Tx, kind string) (waits bool) {
	t.Helper()
	err := holder.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = $1 AND NOT granted
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`, kind).Scan(&waits)
	return assert.NoError(t, err) && waits
}

// TestOpens over all pairs of phases.
func TestOpens(t *testing.T) {
	t.Parallel()
	const up, on, hold, out, over = model.PhaseUpcoming, model.PhaseActive, model.PhasePaused, model.PhaseSoldOut, model.PhaseEnded
	now := time.Now()
	in := map[model.Phase]*model.State{
		up:   {At: now, Sale: model.Sale{Stock: 1, StartsAt: now.Add(time.Hour)}},
		on:   {At: now, Sale: model.Sale{Stock: 1}},
		hold: {At: now, Sale: model.Sale{Stock: 1, PausedAt: now}},
		out:  {At: now},
		over: {At: now, Sale: model.Sale{Stock: 1, EndedAt: now}},
	}
	opening := map[[2]model.Phase]bool{
		{up, on}: true, {up, out}: true,
		{hold, up}: true, {hold, on}: true, {hold, out}: true,
		{out, up}: true, {out, on}: true,
		{over, up}: true, {over, on}: true, {over, out}: true,
	}
	for before, b := range in {
		require.Equal(t, before, b.Phase())
		for after, a := range in {
			assert.Equal(t, opening[[2]model.Phase{before, after}], opens(b, a), "%s, then %s", before, after)
		}
	}
	sooner := *in[up]
	sooner.StartsAt = sooner.StartsAt.Add(-1)
	assert.True(t, opens(in[up], &sooner), "whoever is refused until then may buy before")
	assert.False(t, opens(&sooner, in[up]))
}

// TestFewSalesAreOpenedAtATime: each sleeps on a connection that others would sell with. One that finds no place changes
// nothing, and other changes need none.
func TestFewSalesAreOpenedAtATime(t *testing.T) {
	t.Parallel()
	store, lamp := openSale(t, pgtest.New(t))
	store.openingPatience = tick
	for range maxOpenings {
		store.openings <- struct{}{}
	}
	paused, err := store.Amend(t.Context(), lamp.ID, pauses)
	require.NoError(t, err)
	_, err = store.Amend(t.Context(), lamp.ID, resumes)
	assert.Equal(t, model.CodeBusy, model.CodeOf(err))
	state, err := store.Sale(t.Context(), lamp.ID)
	require.NoError(t, err)
	assert.Equal(t, paused.Version, state.Version)
	<-store.openings
	store.openingPatience = limit
	_, err = store.Amend(t.Context(), lamp.ID, resumes)
	require.NoError(t, err)
	assert.Len(t, store.openings, maxOpenings-1, "it has left its place")
}
