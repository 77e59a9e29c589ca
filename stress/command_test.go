package main

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/stress/load"
)

// waits lets a shell wait until a file is there.
func waits(file string) string { return "while [ ! -e '" + file + "' ]; do sleep 0.01; done" }

func there(file string) func() bool {
	return func() bool {
		content, err := os.ReadFile(file)
		return err == nil && len(content) > 0
	}
}

// TestWhatTheCommandHasStarted lives on when the command has ended, and may still write.
func TestWhatTheCommandHasStarted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	begin, wrote := filepath.Join(dir, "begin"), filepath.Join(dir, "wrote")
	require.NoError(t, command(t.Context(), load.Crash, "("+waits(begin)+"; echo words && echo yes >'"+wrote+"') &", time.Minute))
	require.NoError(t, os.WriteFile(begin, []byte("now"), 0o600))
	assert.Eventually(t, there(wrote), 10*time.Second, 10*time.Millisecond)
}

// TestCtrlCDoesNotReachTheCommand: the terminal sends it to all processes of this program's group.
func TestCtrlCDoesNotReachTheCommand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	begun, end := filepath.Join(dir, "begun"), filepath.Join(dir, "end")
	ended := make(chan error, 1)
	go func() {
		ended <- command(context.Background(), load.Crash, "echo $$ >'"+begun+"'; "+waits(end), time.Minute)
	}()
	require.Eventually(t, there(begun), 10*time.Second, 10*time.Millisecond)
	pid, err := strconv.Atoi(strings.TrimSpace(read(t, begun)))
	require.NoError(t, err)
	group, err := syscall.Getpgid(pid)
	require.NoError(t, err)
	assert.NotEqual(t, syscall.Getpgrp(), group)
	require.NoError(t, os.WriteFile(end, []byte("now"), 0o600))
	require.NoError(t, <-ended)
}

// TestACommandThatDoesNotEnd is given up, and told.
func TestACommandThatDoesNotEnd(t *testing.T) {
	t.Parallel()
	err := command(t.Context(), load.Crash, "echo still at it; exec sleep 60", 2*time.Second)
	assert.EqualError(t, err, "-crash: it did not end within 2s: still at it")
}
