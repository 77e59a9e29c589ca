package pg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a running postgres or initdb, with a goroutine that waits for its end.
type process struct {
	cmd    *exec.Cmd
	output *tail
	done   chan struct{} // closed when the process has ended
	err    error         // how it ended; read after done
}

// startProcess starts bin/name as the account, in folder dir, in a process group of its own (Ctrl-C at the
// terminal is for the server, which drains before it stops its database). Where the system can, the process
// gets onOwnerDeath when this one dies.
func startProcess(
	log *slog.Logger, acc account, bin, name, dir string, onOwnerDeath syscall.Signal, args ...string,
) (*process, error) {
	p := &process{output: &tail{log: log, name: name}, done: make(chan struct{})}
	p.cmd = exec.Command(filepath.Join(bin, name), args...) //nolint:gosec,noctx // starts the pinned binaries
	p.cmd.Dir = dir
	p.cmd.Env = childEnv()
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	p.cmd.WaitDelay = 2 * time.Second // a grandchild may hold the pipe for longer
	p.cmd.SysProcAttr = ownedBy(onOwnerDeath)
	p.cmd.SysProcAttr.Setpgid = true
	if acc.drop {
		//nolint:gosec // user ids are not negative
		p.cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(acc.uid), Gid: uint32(acc.gid)}
	}
	started := make(chan error, 1)
	go func() {
		// The death signal is sent when the thread ends that started the process, not when this program does:
		// the thread stays with this goroutine until the process has ended.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err != nil {
			return
		}
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("pg: start %s: %w", name, err)
	}
	return p, nil
}

// run starts a process and waits for its end, which is brought about when ctx ends before.
func run(ctx context.Context, log *slog.Logger, acc account, bin, name, dir string, args ...string) (string, error) {
	p, err := startProcess(log, acc, bin, name, dir, syscall.SIGKILL, args...)
	if err != nil {
		return "", err
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		<-p.done
		return "", fmt.Errorf("pg: %s: %w", name, context.Cause(ctx))
	}
	if p.err != nil {
		return "", fmt.Errorf("pg: %s: %w: %s", name, p.err, p.output)
	}
	return p.output.String(), nil
}

// signal sends sig to the process alone; that it is gone already is no error.
func (p *process) signal(sig syscall.Signal) error {
	if err := p.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}

// waitFor reports whether the process has ended within d.
func (p *process) waitFor(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-p.done:
		return true
	case <-ctx.Done():
	case <-timer.C:
	}
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// childEnv is all that postgres needs: no PG… variable may turn it elsewhere, no locale that is not installed
// may stop it, and the server's secrets are none of its business.
func childEnv() []string {
	env := []string{"LC_ALL=C", "TZ=UTC"}
	for _, name := range []string{"PATH", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

const (
	tailLines    = 20
	tailLineSize = 2048
)

// tail takes a process's output: each line goes to the log at debug level, the last few are kept for errors.
type tail struct {
	log  *slog.Logger
	name string

	mu      sync.Mutex
	lines   []string
	partial []byte
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	written := len(b)
	for {
		line, rest, ended := bytes.Cut(b, []byte("\n"))
		t.partial = append(t.partial, line[:min(len(line), tailLineSize-len(t.partial))]...)
		if !ended {
			return written, nil
		}
		t.endLineLocked()
		b = rest
	}
}

func (t *tail) endLineLocked() {
	line := string(t.partial)
	t.partial = t.partial[:0]
	t.log.Debug("output", "process", t.name, "line", line)
	if len(t.lines) == tailLines {
		t.lines = t.lines[1:]
	}
	t.lines = append(t.lines, line)
}

// String gives the last lines.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(strings.Join(t.lines, "\n") + "\n" + string(t.partial))
}
