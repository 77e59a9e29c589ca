package main

import (
	"context"
	"io"
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
	require.NoError(t, command(t.Context(), load.Crash, "("+waits(begin)+"; echo words && echo yes >'"+wrote+"') &"))
	require.NoError(t, os.WriteFile(begin, []byte("now"), 0o600))
	assert.Eventually(t, there(wrote), time.Minute, 10*time.Millisecond)
}

// TestCtrlCDoesNotReachTheCommand: the terminal sends it to all processes of this program's group.
func TestCtrlCDoesNotReachTheCommand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	begun, end := filepath.Join(dir, "begun"), filepath.Join(dir, "end")
	ended := make(chan error, 1)
	go func() {
		ended <- command(context.Background(), load.Crash, "echo $$ >'"+begun+"'; "+waits(end))
	}()
	require.Eventually(t, there(begun), time.Minute, 10*time.Millisecond)
	pid, err := strconv.Atoi(strings.TrimSpace(read(t, begun)))
	require.NoError(t, err)
	group, err := syscall.Getpgid(pid)
	require.NoError(t, err)
	assert.NotEqual(t, syscall.Getpgrp(), group)
	require.NoError(t, os.WriteFile(end, []byte("now"), 0o600))
	require.NoError(t, <-ended)
}

// TestACommandThatIsGivenUp is told, and nothing of it goes on: neither the shell nor what that waits for.
func TestACommandThatIsGivenUp(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	begun, held := filepath.Join(dir, "begun"), filepath.Join(dir, "held")
	require.NoError(t, syscall.Mkfifo(held, 0o600))
	holders, err := os.OpenFile(held, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	require.NoError(t, err)
	defer func() { assert.NoError(t, holders.Close()) }()
	ctx, giveUp := context.WithCancelCause(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- command(ctx, load.Crash, "exec 3>'"+held+"'; echo still at it; echo now >'"+begun+"'; sleep 1000; true")
	}()
	require.Eventually(t, there(begun), time.Minute, 10*time.Millisecond)
	giveUp(errTooLong)
	require.EqualError(t, <-ended, "-crash: it did not end within 2m0s: still at it")
	require.NoError(t, holders.SetReadDeadline(time.Now().Add(time.Minute)))
	_, err = holders.Read(make([]byte, 1))
	assert.ErrorIs(t, err, io.EOF, "somebody still holds it open")
}

// TestACommandHasItsTime, whatever becomes of the run: what it has taken away it is to bring back.
func TestACommandHasItsTime(t *testing.T) {
	t.Parallel()
	freeze, err := scenario("freeze")
	require.NoError(t, err)
	c := runCommand{Target: []string{"x"}, Servers: 1, Seed: 1, Repeat: 1, Freeze: "true"}
	require.NoError(t, c.checkOutage(freeze, load.Freeze, c.Freeze, ""))
	ended, end := context.WithCancel(t.Context())
	end()
	alone, err := c.takeAway(ended, 0, 0)
	require.NoError(t, err)
	assert.False(t, alone)
}
