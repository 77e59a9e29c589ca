package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"strconv"
	"syscall"
	"time"

	"stampede/server/pg"
)

const (
	memoryFolder = "/dev/shm" // lies in memory, on Linux
	memoryNeeded = 2 << 30    // bytes: PostgreSQL's log alone has half of them
	flushesFor   = 3 * time.Second
)

var errNoMemory = errors.New("not measured: it takes 2 GB in " + memoryFolder)

// steadyCluster is a PostgreSQL on a disk that never stands still: its files lie in memory, and each flush waits for as
// long as one takes the disk of temporary files in the median.
func steadyCluster(ctx context.Context, do func(*pg.Embedded) error) error {
	if err := roomIn(memoryFolder, memoryNeeded); err != nil {
		return err
	}
	disk, err := lookAtDisk(ctx, os.TempDir(), flushesFor)
	if err != nil {
		return err
	}
	settings := maps.Clone(durableSettings)
	settings["commit_delay"] = strconv.Itoa(int(1e6 * disk.Flush)) // µs, slept before the log is flushed
	settings["commit_siblings"] = "0"                              // whoever else commits
	return withCluster(ctx, memoryFolder, settings, do)
}

// roomIn is nil where a folder has room for so many bytes, and errNoMemory where not.
func roomIn(folder string, needed uint64) error {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(folder, &stat); err != nil {
		return fmt.Errorf("%w: %w", errNoMemory, err)
	}
	if free := stat.Bavail * uint64(stat.Bsize); free < needed { //nolint:gosec // a size is not negative
		return fmt.Errorf("%w, and %d MB are free", errNoMemory, free>>20)
	}
	return nil
}

// measureSteady compares the latencies once more, on a steady disk. What a success has beyond the floor is then what
// the server and PostgreSQL make of it, and not the disk's neighbours.
func measureSteady(ctx context.Context, b *bench) error {
	return b.compare(ctx, "steady", memoryFolder, func(c *contest) error {
		rate := b.offered
		if rate == 0 {
			floor, err := c.asFastAsItGoes(ctx, "floor")
			if err != nil {
				return err
			}
			rate = floor / 2
		}
		var µs float64
		err := c.db.Pool.QueryRow(ctx, "SELECT setting::float8 FROM pg_settings WHERE name = 'commit_delay'").Scan(&µs)
		if err != nil {
			return err
		}
		c.report.add(c.part, "disk", "each flush", "ms", []float64{µs / 1000})
		return c.atOneRate(ctx, rate)
	})
}
