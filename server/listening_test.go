package main

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestMetricsTellWhetherTheDatabaseIsHeard: of a server that has lost it, nothing else does that Prometheus can ask.
func TestMetricsTellWhetherTheDatabaseIsHeard(t *testing.T) {
	t.Parallel()
	h := openHouse(t, func(c *Config) { c.MetricsAddr = "127.0.0.1:0" })
	up := func() float64 { return h.metric(t, "stampede_listener_up") }
	heard := func() float64 { return h.metric(t, "stampede_sales_heard_timestamp_seconds") }
	listening := func() bool { return up() == 1 }
	require.Eventually(t, listening, waitLimit, tick)

	allow := h.gate(t)
	allow(false)
	require.Eventually(t, func() bool { return up() == 0 }, waitLimit, tick)
	require.Eventually(t, func() bool { before := heard(); return heard() == before }, waitLimit, tick, "it stands still")
	last := heard()
	assert.Zero(t, up(), "it is still lost")

	allow(true)
	require.Eventually(t, func() bool { return listening() && heard() > last }, waitLimit, tick)
}

// metric is the value of one that has no labels.
func (h *house) metric(t *testing.T, name string) float64 {
	t.Helper()
	_, after, found := strings.Cut(h.scrape(t), "\n"+name+" ")
	require.True(t, found, name)
	text, _, _ := strings.Cut(after, "\n")
	value, err := strconv.ParseFloat(text, 64)
	require.NoError(t, err)
	return value
}

// gate cuts all connections to the house's database and lets none in, or lets them in again.
func (h *house) gate(t *testing.T) (allow func(bool)) {
	t.Helper()
	u, err := url.Parse(h.owner)
	require.NoError(t, err)
	name := strings.TrimPrefix(u.Path, "/")
	u.Path = "/postgres"
	admin, err := pgx.Connect(t.Context(), u.String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = admin.Close(context.Background()) })
	return func(open bool) {
		_, err := admin.Exec(t.Context(), `ALTER DATABASE `+name+` ALLOW_CONNECTIONS `+strconv.FormatBool(open))
		require.NoError(t, err)
		if open {
			return
		}
		require.Eventually(t, func() bool { // one may have been on its way in
			cut, err := admin.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, name)
			return assert.NoError(t, err) && cut.RowsAffected() == 0
		}, waitLimit, tick)
	}
}
