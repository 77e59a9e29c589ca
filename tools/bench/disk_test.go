package main

import (
	"context"
	"encoding/json"
	"math"
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
		assert.InDelta(t, 0.010, notes.Flush, 1e-9)
		assert.InDelta(t, 100*0.170/0.205, notes.share(), 1e-9)
	})
	assert.Zero(t, diskNotes{}.share())
}

func TestServeDiskEndsWithItsInputAndLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var out strings.Builder
	require.NoError(t, serveDisk(t.Context(), dir, strings.NewReader("until here"), &out))
	var notes diskNotes
	require.NoError(t, json.Unmarshal([]byte(out.String()), &notes))
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, left)
}

func TestAwaitCalmWaitsForADiskThatStandsStillButNotForEver(t *testing.T) {
	t.Parallel()
	still := diskNotes{Watched: 3, Still: 0.3}
	for name, test := range map[string]struct {
		restless int // looks before the disk is calm
		looks    int
		said     string
	}{
		"calm at once": {0, 1, ""},
		"calm later":   {4, 5, ""},
		"never calm":   {1000, 21, "the disk does not get calm: it stood still for 10.0 % of the last 3s\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var said strings.Builder
				looks := 0
				b := &bench{log: &said}
				require.NoError(t, b.awaitCalm(t.Context(), func() (diskNotes, error) {
					<-time.After(calmLook)
					looks++
					if looks > test.restless {
						return diskNotes{Watched: 3}, nil
					}
					return still, nil
				}))
				assert.Equal(t, test.looks, looks)
				assert.Equal(t, test.said, said.String())
			})
		})
	}
}

func TestAwaitCalmEndsWithTheRun(t *testing.T) {
	t.Parallel()
	ctx, end := context.WithCancel(t.Context())
	end()
	b := &bench{log: &strings.Builder{}}
	require.ErrorIs(t, b.awaitCalm(ctx, func() (diskNotes, error) { return diskNotes{Still: 1}, nil }), context.Canceled)
}

func TestRoomIn(t *testing.T) {
	t.Parallel()
	here := t.TempDir()
	require.NoError(t, roomIn(here, 1))
	require.ErrorIs(t, roomIn(here, math.MaxUint64), errNoMemory)
	require.ErrorIs(t, roomIn(here+"/nowhere", 1), errNoMemory)
	require.ErrorIs(t, roomIn(here+"/nowhere", 1), os.ErrNotExist)
}
