package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"time"
)

// The load of the live benchmark is a process of its own, of this same program: the measured server shall not share a
// scheduler with it, and a process has 20 000 file descriptors. It is told what to do line by line.

// liveCommand is one thing to do.
type liveCommand struct {
	Do      string          `json:"do"` // open, forget, deafen, judge
	Addr    string          `json:"addr,omitempty"`
	N       int             `json:"n,omitempty"`
	Commits map[int64]int64 `json:"commits,omitempty"` // when so many were sold, in Unix nanoseconds
}

// verdict is what a load has seen.
type verdict struct {
	Error     string        `json:"error,omitempty"`
	Open      int           `json:"open"`      // subscribers whose connections have not ended
	Delivered int           `json:"delivered"` // states
	Backwards int           `json:"backwards"` // revisions lower than one before
	P50       time.Duration `json:"p50"`       // from the commit to the receipt
	P99       time.Duration `json:"p99"`
	Max       time.Duration `json:"max"`
	Final     int           `json:"final"`     // subscribers who ended at the greatest of the commits
	FinalLast time.Duration `json:"finalLast"` // when the last of them got there, after the commit
	Ends      []string      `json:"ends,omitempty"`
}

// serveLoad does what it is told until its input ends.
func serveLoad(ctx context.Context, in io.Reader, out io.Writer) error {
	c := &crowd{}
	defer c.close()
	lines, answers := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var command liveCommand
		if err := lines.Decode(&command); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		var v verdict
		var err error
		switch command.Do {
		case "open":
			err = c.open(ctx, command.Addr, command.N)
		case "forget":
			c.forget()
		case "deafen":
			for _, w := range c.watchers[:command.N] {
				w.deaf.Store(true)
			}
		case "judge":
			v = c.judge(command.Commits)
		default:
			err = fmt.Errorf("what is %q?", command.Do)
		}
		if err != nil {
			v.Error = err.Error()
		}
		if err := answers.Encode(v); err != nil {
			return err
		}
	}
}

// judge holds what was received against what was committed. Those who were told to read no more do not count.
func (c *crowd) judge(commits map[int64]int64) verdict {
	var v verdict
	var latencies []time.Duration
	var final int64
	for sold := range commits {
		final = max(final, sold)
	}
	for _, w := range c.watchers {
		if w.deaf.Load() {
			continue
		}
		w.mu.Lock()
		if w.ended == "" {
			v.Open++
		} else if !slices.Contains(v.Ends, w.ended) && len(v.Ends) < 10 {
			v.Ends = append(v.Ends, w.ended)
		}
		v.Backwards += w.backwards
		v.Delivered += len(w.receipts)
		for i, r := range w.receipts {
			at, known := commits[r.sold]
			if !known || i > 0 && w.receipts[i-1].sold == r.sold {
				continue
			}
			latency := time.Duration(r.at - at)
			latencies = append(latencies, latency)
			if r.sold == final {
				v.FinalLast = max(v.FinalLast, latency)
			}
		}
		if w.sold == final {
			v.Final++
		}
		w.mu.Unlock()
	}
	slices.Sort(latencies)
	v.P50, v.P99, v.Max = percentile(latencies, 0.5), percentile(latencies, 0.99), percentile(latencies, 1)
	return v
}

// loader is a load process, as the one who measures sees it.
type loader struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	answers chan verdict // closes when the process ends
}

func startLoader(ctx context.Context) (*loader, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "load") //nolint:gosec // this very program
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	l := &loader{cmd: cmd, in: in, answers: make(chan verdict)}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(l.answers)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var v verdict
			if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
				v.Error = err.Error()
			}
			l.answers <- v
		}
	}()
	return l, nil
}

// commandWithin bounds one command.
const commandWithin = 2 * time.Minute

func (l *loader) do(command liveCommand) (verdict, error) {
	if err := json.NewEncoder(l.in).Encode(command); err != nil {
		return verdict{}, err
	}
	timer := time.NewTimer(commandWithin)
	defer timer.Stop()
	select {
	case v, alive := <-l.answers:
		if !alive {
			return v, errors.New("the load process has ended")
		}
		if v.Error != "" {
			return v, fmt.Errorf("the load: %s", v.Error)
		}
		return v, nil
	case <-timer.C:
		return verdict{}, errors.Join(fmt.Errorf("the load did not %s within %s", command.Do, commandWithin),
			l.cmd.Process.Kill())
	}
}

// stop ends the process, and waits for it.
func (l *loader) stop() error {
	_ = l.in.Close()
	timer := time.AfterFunc(10*time.Second, func() { _ = l.cmd.Process.Kill() })
	defer timer.Stop()
	for range l.answers { // until it has ended
	}
	return l.cmd.Wait()
}
