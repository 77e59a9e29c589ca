package process

import (
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	t.Parallel()
	const line = "42 (a (b) c) S 7 42 42 0 -1 4194304 9 8 7 6 150 50 20 10 20 0 16 0 100 200 300"
	stat, err := parse(line)
	require.NoError(t, err)
	assert.Equal(t, Stat{PID: 42, Parent: 7, Name: "a (b) c", Used: 2 * time.Second, Reaped: 300 * time.Millisecond}, stat)
	for _, wrong := range []string{"", "42", "42 (a", "42 (a) S 7", "x (a) S 7 42 42 0 -1 4194304 9 8 7 6 150 50 20 10 20 0"} {
		_, err := parse(wrong)
		require.Error(t, err, wrong)
	}
}

func TestThisProcess(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		all, err := All()
		require.NoError(t, err)
		assert.Empty(t, all)
		return
	}
	for used := time.Duration(0); used == 0; { // a tick at the least
		var err error
		used, err = Used(os.Getpid())
		require.NoError(t, err)
	}
	all, err := All()
	require.NoError(t, err)
	found := false
	for _, stat := range all {
		if stat.PID == os.Getpid() {
			found = true
			assert.Equal(t, os.Getppid(), stat.Parent)
			assert.LessOrEqual(t, stat.Used, Busy())
		}
	}
	assert.True(t, found)
	resident, err := Resident(os.Getpid())
	require.NoError(t, err)
	assert.Greater(t, resident, int64(1<<20))
	_, err = Used(-1)
	require.Error(t, err)
}
