package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// A purchase is answered once its commit is on the disk. On some machines the disk stands still for a tenth of a second
// now and then; if it does so for more than 1 % of the time, the 99th percentile of whatever is durable is the disk's.
const (
	flushPace   = 5 * time.Millisecond  // from one look at the disk to the next
	slowFlush   = 10 * time.Millisecond // a flush that takes longer found the disk standing still
	flushPage   = 8 << 10               // bytes, as of PostgreSQL's log
	flushedFile = 4 << 20               // bytes
	calmLook    = 3 * time.Second
	calmWithin  = time.Minute
)

// diskNotes is what was seen of the disk.
type diskNotes struct {
	Watched float64 `json:"watched"` // seconds
	Still   float64 `json:"still"`   // seconds of them in flushes that took longer than slowFlush
	Flush   float64 `json:"flush"`   // seconds that a flush took in the median
}

// share of the time in which the disk stood still, in percent.
func (n diskNotes) share() float64 {
	if n.Watched == 0 {
		return 0
	}
	return 100 * n.Still / n.Watched
}

// serveDisk watches the disk that a folder is on until in ends.
func serveDisk(ctx context.Context, folder string, in io.Reader, out io.Writer) (err error) {
	ctx, stop := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, in)
		stop()
	}()
	file, err := os.CreateTemp(folder, "stampede-disk-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(file.Name())) }()
	// The file has its blocks before it is watched: what is flushed then are pages alone.
	_, err = file.Write(make([]byte, flushedFile))
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	flushing, err := os.OpenFile(file.Name(), os.O_WRONLY|syscall.O_DSYNC, 0)
	if err != nil {
		return err
	}
	notes, err := watchDisk(ctx, flushing)
	return errors.Join(err, flushing.Close(), json.NewEncoder(out).Encode(notes))
}

// watchDisk flushes page after page of a file whose writes wait for the disk, until ctx ends.
func watchDisk(ctx context.Context, file io.WriterAt) (diskNotes, error) {
	var notes diskNotes
	var all []float64
	page := make([]byte, flushPage)
	began := time.Now()
	for at := int64(0); ctx.Err() == nil; at = (at + flushPage) % flushedFile {
		start := time.Now()
		if _, err := file.WriteAt(page, at); err != nil {
			return notes, err
		}
		took := time.Since(start)
		if took > slowFlush {
			notes.Still += took.Seconds()
		}
		all = append(all, took.Seconds())
		wait(ctx, flushPace)
	}
	notes.Watched, notes.Flush = time.Since(began).Seconds(), median(all)
	return notes, nil
}

// diskWatch is a process that watches the disk: in this one it would hold up the load.
type diskWatch struct {
	cmd *exec.Cmd
	in  io.Closer
	out bytes.Buffer
}

func startDiskWatch(ctx context.Context, folder string) (*diskWatch, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	w := &diskWatch{cmd: exec.CommandContext(ctx, self, "disk", folder)} //nolint:gosec // this very program
	w.cmd.Stdout, w.cmd.Stderr = &w.out, os.Stderr
	if w.in, err = w.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	return w, w.cmd.Start()
}

// stop ends the watch, and returns what it saw.
func (w *diskWatch) stop() (notes diskNotes, err error) {
	if err := errors.Join(w.in.Close(), w.cmd.Wait()); err != nil {
		return notes, err
	}
	return notes, json.Unmarshal(w.out.Bytes(), &notes)
}

// lookAtDisk watches the disk that a folder is on for a while.
func lookAtDisk(ctx context.Context, folder string, d time.Duration) (diskNotes, error) {
	watch, err := startDiskWatch(ctx, folder)
	if err != nil {
		return diskNotes{}, err
	}
	wait(ctx, d)
	return watch.stop()
}

// awaitCalmDisk waits until the disk of a folder has not stood still for a while: what was written before shall not be
// what is measured. It does not wait for ever.
func (b *bench) awaitCalmDisk(ctx context.Context, folder string) error {
	return b.awaitCalm(ctx, func() (diskNotes, error) { return lookAtDisk(ctx, folder, calmLook) })
}

func (b *bench) awaitCalm(ctx context.Context, look func() (diskNotes, error)) error {
	for began := time.Now(); ; {
		notes, err := look()
		if err != nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		if notes.Still == 0 {
			return nil
		}
		if time.Since(began) > calmWithin {
			b.say("the disk does not get calm: it stood still for %.1f %% of the last %v", notes.share(), calmLook)
			return nil
		}
	}
}
