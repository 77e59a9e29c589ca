package sale_test

import (
	"log/slog"
	"testing"
	"time"

	"stampede/server/pg"
	"stampede/server/pg/pgtest"
	"stampede/server/sale"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// A test that waits for a state that nothing signals looks again every tick, and gives up after waitLimit.
const (
	waitLimit = 20 * time.Second
	tick      = time.Millisecond
)

// newStore is a store without turns.
func newStore(db *pg.DB) *sale.Store { return sale.NewStore(db, nil, slog.New(slog.DiscardHandler)) }
