package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"stampede/tools/process"
)

// cost is what one input of a kind takes of the server's processor.
type cost struct {
	name string
	each time.Duration
}

// costs sends each kind of input n times, one after the other, while nobody buys. The dearest comes first.
func (a *attack) costs(ctx context.Context, n int) ([]cost, error) {
	all := make([]cost, 0, len(a.inputs))
	for _, in := range a.inputs {
		each, err := a.costOf(ctx, in, n)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", in.name, err)
		}
		all = append(all, cost{in.name, each})
	}
	slices.SortFunc(all, func(x, y cost) int { return cmp.Compare(y.each, x.each) })
	return all, nil
}

func (a *attack) costOf(ctx context.Context, in input, n int) (each time.Duration, err error) {
	pid := a.s.cmd.Process.Pid
	before, err := process.Used(pid)
	if err != nil {
		return 0, err
	}
	var e *exchange
	defer func() { e.end() }()
	for range n {
		if in.socket {
			err = a.visit(ctx, in)
		} else {
			e, err = a.send(ctx, e, in, a.next.Add(1))
		}
		if err != nil {
			return 0, err
		}
	}
	after, err := process.Used(pid)
	return (after - before) / time.Duration(n), err
}

func sayCosts(w io.Writer, all []cost) {
	var sum time.Duration
	for _, c := range all {
		sum += c.each
	}
	_, _ = fmt.Fprintf(w, "an input costs       %8d µs of the server's processor on average; the dearest:\n",
		(sum / time.Duration(len(all))).Microseconds())
	for _, c := range all[:min(len(all), dearest)] {
		_, _ = fmt.Fprintf(w, "  %6d µs  %s\n", c.each.Microseconds(), c.name)
	}
}
