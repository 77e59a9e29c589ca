package main

import (
	"errors"
	"os/exec"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"time"
)

// process is a program that was started here. It is a group with all that it starts, so that signals reach also what is
// behind a script, and Ctrl-C at the terminal reaches none of it: it is still needed for the end of the run.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{}
}

// startProcess starts a command, and awaits it on the same thread, which nobody else uses: on Linux it ends with that.
func startProcess(cmd *exec.Cmd) (*process, error) {
	p := &process{cmd: cmd, ended: make(chan struct{})}
	cmd.SysProcAttr = apart()
	cmd.WaitDelay = time.Second // what it has started may keep its output open
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer close(p.ended)
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is of no interest
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

func (p *process) signal(sig syscall.Signal) {
	select {
	case <-p.ended: // it has no process, or one whose number may be another's by now
	default:
		signalGroup(p.cmd, sig)
	}
}

func signalGroup(cmd *exec.Cmd, sig syscall.Signal) {
	_ = syscall.Kill(-cmd.Process.Pid, sig) // it may end at this moment
}

// stop asks it to end, and kills it when that takes too long.
func (p *process) stop() {
	p.signal(syscall.SIGTERM)
	p.signal(syscall.SIGCONT) // what stands still hears of it now
	timer := time.NewTimer(stopLimit)
	defer timer.Stop()
	select {
	case <-p.ended:
	case <-timer.C:
		p.signal(syscall.SIGKILL)
		<-p.ended
	}
}

// begun is what must not outlive this program.
var begun beginnings

type beginnings struct {
	mu    sync.Mutex // guards what follows
	ends  []func()
	ended bool
}

var errEnding = errors.New("this program is about to end")

// add notes how to end what is about to begin. That it has ended already is fine.
func (b *beginnings) add(end func()) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended {
		return errEnding
	}
	b.ends = append(b.ends, end)
	return nil
}

// end ends all, what began last first; nothing begins after that.
func (b *beginnings) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended = true
	for _, end := range slices.Backward(b.ends) {
		end()
	}
	b.ends = nil
}
