package main

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The states of a process, as proc_pid_stat(5) has them.
const (
	standsStill = "T"
	zombie      = "Z"
)

// prSetChildSubreaper lets this process adopt those whose parents have ended (PR_SET_CHILD_SUBREAPER(2const)).
const prSetChildSubreaper = 36

// processState is "" for a process that is gone.
func processState(pid int) string {
	line, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return ""
	}
	return strings.Fields(string(line[strings.LastIndexByte(string(line), ')')+1:]))[0]
}

// whileFrozen starts the program, prepared as is wanted, and returns once the server of its own stands still.
func whileFrozen(t *testing.T, prepare func(*exec.Cmd)) (cmd *exec.Cmd, server int, temporary string) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	temporary = t.TempDir()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	cmd = withOwn(ctx, self, temporary, "freeze", "-rate", "10", "-duration", "30s")
	prepare(cmd)
	require.NoError(t, cmd.Start())
	require.Eventually(t, func() bool {
		files, err := filepath.Glob(filepath.Join(temporary, "*", "pid"))
		if err != nil || len(files) == 0 {
			return false
		}
		server, err = strconv.Atoi(read(t, files[0]))
		return err == nil && processState(server) == standsStill
	}, time.Minute, 10*time.Millisecond)
	return cmd, server, temporary
}

// TestAFrozenServerDiesWithThisProgram when that is killed, and can do nothing for it. The kernel lets a group go on that
// nobody of its session is left to care for; as in a container, whose first process adopts it, somebody is.
func TestAFrozenServerDiesWithThisProgram(t *testing.T) {
	t.Parallel()
	_, _, failed := syscall.Syscall(syscall.SYS_PRCTL, prSetChildSubreaper, 1, 0)
	require.Zero(t, failed)
	cmd, server, _ := whileFrozen(t, func(*exec.Cmd) {})
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait() // it was killed
	assert.Eventually(t, func() bool {
		state := processState(server)
		return state == "" || state == zombie
	}, time.Minute, 10*time.Millisecond)
}

// TestTheSecondCtrlC ends at once, and leaves neither a frozen server behind nor its folder.
func TestTheSecondCtrlC(t *testing.T) {
	t.Parallel()
	var said io.Reader
	cmd, server, temporary := whileFrozen(t, func(cmd *exec.Cmd) {
		var err error
		said, err = cmd.StderrPipe()
		require.NoError(t, err)
	})
	lines := bufio.NewScanner(said)
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.True(t, lines.Scan())
	for !strings.Contains(lines.Text(), "once more") {
		require.True(t, lines.Scan())
	}
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	_, _ = io.ReadAll(said) // until it ends
	_ = cmd.Wait()          // its exit code is looked at
	assert.Equal(t, exitBroken, cmd.ProcessState.ExitCode())
	assert.Contains(t, []string{"", zombie}, processState(server))
	left, err := os.ReadDir(temporary)
	require.NoError(t, err)
	assert.Empty(t, left)
}
