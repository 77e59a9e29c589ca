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
)

// diskNotes is what was seen of the disk.
type diskNotes struct {
	Watched float64 `json:"watched"` // seconds
	Still   float64 `json:"still"`   // seconds of them in flushes that took longer than slowFlush
}

// share of the time in which the disk stood still, in percent.
func (n diskNotes) share() float64 {
	if n.Watched == 0 {
		return 0
	}
	return 100 * n.Still / n.Watched
}

// serveDisk watches the disk of temporary files, where the benchmark's PostgreSQL has its own, until in ends.
func serveDisk(ctx context.Context, in io.Reader, out io.Writer) (err error) {
	ctx, stop := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, in)
		stop()
	}()
	file, err := os.CreateTemp("", "stampede-disk-")
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
	page := make([]byte, flushPage)
	began := time.Now()
	for at := int64(0); ctx.Err() == nil; at = (at + flushPage) % flushedFile {
		start := time.Now()
		if _, err := file.WriteAt(page, at); err != nil {
			return notes, err
		}
		if took := time.Since(start); took > slowFlush {
			notes.Still += took.Seconds()
		}
		wait(ctx, flushPace)
	}
	notes.Watched = time.Since(began).Seconds()
	return notes, nil
}

// diskWatch is a process that watches the disk: in this one it would hold up the load.
type diskWatch struct {
	cmd *exec.Cmd
	in  io.Closer
	out bytes.Buffer
}

func startDiskWatch(ctx context.Context) (*diskWatch, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	w := &diskWatch{cmd: exec.CommandContext(ctx, self, "disk")} //nolint:gosec // this very program
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
