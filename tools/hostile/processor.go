package main

import (
	"context"
	"os"
	"slices"
	"time"

	"stampede/tools/process"
)

// processor is how long the machine's processors have been busy: for the server, its PostgreSQL and this program, and
// for whoever else there is.
type processor struct {
	at        time.Time
	own, busy time.Duration
}

func (s *server) processor() (p processor, err error) {
	p = processor{at: time.Now(), busy: process.Busy()}
	all, err := process.All()
	ours := []int{os.Getpid(), s.cmd.Process.Pid}
	for found := true; found; { // children of children too, in whatever order they come
		found = false
		for _, stat := range all {
			if slices.Contains(ours, stat.Parent) && !slices.Contains(ours, stat.PID) {
				ours, found = append(ours, stat.PID), true
			}
		}
	}
	for _, stat := range all {
		if slices.Contains(ours, stat.PID) {
			p.own += stat.Used
			if stat.PID != os.Getpid() {
				p.own += stat.Reaped
			}
		}
	}
	return p, err
}

// others is how much of one processor somebody else has used since before.
func (p processor) others(before processor) float64 {
	return max(0, float64(p.busy-before.busy-p.own+before.own)/float64(p.at.Sub(before.at)))
}

// phase is what buying for a while has given.
type phase struct {
	rate   float64 // purchases a second
	memory int64   // of the server at the end, in bytes
	others float64 // processors that somebody else used meanwhile
}

func (s *server) phase(ctx context.Context, c *crowd, d time.Duration) (p phase, err error) {
	before, err := s.processor()
	if err != nil {
		return p, err
	}
	if p.rate, err = c.rate(ctx, d); err != nil {
		return p, err
	}
	after, err := s.processor()
	p.memory, p.others = s.memory(), after.others(before)
	return p, err
}
