package main

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// slowDisk needs so long for its writes, one after the other, and then ends what watches it.
type slowDisk struct {
	took []time.Duration
	end  context.CancelFunc
}

func (d *slowDisk) WriteAt(page []byte, _ int64) (int, error) {
	<-time.After(d.took[0])
	if d.took = d.took[1:]; len(d.took) == 0 {
		d.end()
	}
	return len(page), nil
}

func TestWatchDiskCountsFlushesThatTookLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancel(t.Context())
		ms := time.Millisecond
		notes, err := watchDisk(ctx, &slowDisk{took: []time.Duration{ms, 100 * ms, 10 * ms, 70 * ms, 4 * ms}, end: end})
		require.NoError(t, err)
		assert.InDelta(t, 0.170, notes.Still, 1e-9)
		assert.InDelta(t, 0.205, notes.Watched, 1e-9, "with a pause after each but the last")
		assert.InDelta(t, 100*0.170/0.205, notes.share(), 1e-9)
	})
	assert.Zero(t, diskNotes{}.share())
}

func TestServeDiskEndsWithItsInputAndLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	var out strings.Builder
	require.NoError(t, serveDisk(t.Context(), strings.NewReader("until here"), &out))
	var notes diskNotes
	require.NoError(t, json.Unmarshal([]byte(out.String()), &notes))
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, left)
}
