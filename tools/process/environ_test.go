package process_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"stampede/tools/process"
)

// TestAServerOfOursHearsNothingOfARealShop that the shell is set up for.
func TestAServerOfOursHearsNothingOfARealShop(t *testing.T) {
	t.Setenv("DATABASE_OWNER_URL", "postgres://the/real/shop")
	t.Setenv("ADDR", "0.0.0.0:80")
	t.Setenv("GOGC", "77")
	environ := process.Environ("ADDR=127.0.0.1:1")
	assert.Contains(t, environ, "GOGC=77")
	assert.Contains(t, environ, "ADDR=127.0.0.1:1")
	for _, setting := range []string{"DATABASE_OWNER_URL=postgres://the/real/shop", "ADDR=0.0.0.0:80"} {
		assert.False(t, slices.Contains(environ, setting), setting)
	}
}
