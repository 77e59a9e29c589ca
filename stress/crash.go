package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"stampede/stress/load"
)

// outageLimit is how long a command may take to take a server away and to bring it back.
const outageLimit = 2 * time.Minute

var errTooLong = fmt.Errorf("it did not end within %s", outageLimit)

// crash kills one of the servers and starts it again, on the same data and address. Every other time it is the one that
// has the database, which is killed too. Without that one's server there is no database either.
func (all servers) crash(ctx context.Context, target, n int) (alone bool, err error) {
	s := all[target]
	if n%2 == 1 {
		s = all[0]
		if err := s.killDatabase(); err != nil {
			return false, err
		}
	}
	alone = s != all[0]
	s.signal(syscall.SIGKILL)
	<-s.ended()
	if err := s.start(); err != nil {
		return alone, fmt.Errorf("start the server again that was killed: %w", err)
	}
	if err := s.ready(ctx); err != nil {
		return alone, fmt.Errorf("after it was killed: %w", err)
	}
	return alone, nil
}

// freezeFor is for longer than a server may hold up others, which is 2 s, and for less than a watcher may wait.
const freezeFor = 3 * time.Second

// freeze lets one of the servers stand still, as when its machine is paused. Its PostgreSQL goes on.
func (all servers) freeze(ctx context.Context, target, _ int) (alone bool, err error) {
	s := all[target]
	s.signal(syscall.SIGSTOP)
	defer s.signal(syscall.SIGCONT)
	timer := time.NewTimer(freezeFor)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return true, ctx.Err()
}

// killDatabase kills the server's PostgreSQL: whoever ends the first of its processes ends all.
func (s *server) killDatabase() error {
	content, err := os.ReadFile(filepath.Join(s.folder, "postgres", "postmaster.pid"))
	if err != nil {
		return fmt.Errorf("which process is the server's database? %w", err)
	}
	first, _, _ := strings.Cut(string(content), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || pid <= 1 {
		return fmt.Errorf("which process is the server's database? %q", first)
	}
	database, err := os.FindProcess(pid)
	if err == nil {
		err = database.Kill()
	}
	if err != nil {
		return fmt.Errorf("kill the server's database: %w", err)
	}
	return nil
}

// command runs a command of a shell, which has to succeed before ctx ends: then it is given up, with all that it has
// started. Otherwise a server that it has started in the background lives on with its output, a file that has no name:
// a pipe would end, and the server of it.
func command(ctx context.Context, way load.Outage, line string) error {
	ctx, giveUp := context.WithCancel(ctx)
	defer giveUp()
	ended := make(chan struct{})
	defer close(ended)
	if err := begun.add(func() { giveUp(); <-ended }); err != nil {
		return err
	}
	said, err := os.CreateTemp("", "stampede-stress-outage-")
	if err != nil {
		return fmt.Errorf("-%s: %w", way, err)
	}
	defer func() { _ = said.Close() }()
	_ = os.Remove(said.Name())                        // what is left is in the folder for temporary files
	cmd := exec.CommandContext(ctx, "sh", "-c", line) //nolint:gosec // it is whoever runs this who says what
	cmd.Stdout, cmd.Stderr = said, said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // killed with this program, it would bring nothing back
	cmd.Cancel = func() error { signalGroup(cmd, syscall.SIGKILL); return nil }
	err = cmd.Run()
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	words, _ := io.ReadAll(io.NewSectionReader(said, 0, tailSize)) // as much as there is
	return fmt.Errorf("-%s: %w: %s", way, err, strings.TrimSpace(string(words)))
}
