package sale_test

import (
	"testing"
	"time"

	"stampede/server/pg/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// A test that waits for a state that nothing signals looks again every tick, and gives up after waitLimit.
const (
	waitLimit = 20 * time.Second
	tick      = time.Millisecond
)
