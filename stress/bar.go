package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"

	"stampede/stress/load"
)

// bar shows a terminal how a run goes; anything else than a terminal is left in peace.
type bar struct {
	name string
	bar  *progressbar.ProgressBar // nil: nobody looks
}

func newBar(w io.Writer, quiet bool, name string) *bar {
	b := &bar{name: name}
	f, ok := w.(*os.File)
	if !ok || quiet {
		return b
	}
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return b
	}
	b.bar = progressbar.NewOptions64(1,
		progressbar.OptionSetWriter(w), progressbar.OptionSetWidth(24), progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetElapsedTime(false), progressbar.OptionClearOnFinish(),
		progressbar.OptionUseANSICodes(true), progressbar.OptionShowDescriptionAtLineEnd(),
		progressbar.OptionSetTheme(progressbar.Theme{
			Saucer: "━", SaucerHead: "━", SaucerPadding: "─", BarStart: " ", BarEnd: " ",
		}))
	return b
}

// show is called a few times a second, by one goroutine.
func (b *bar) show(p load.Progress) {
	if b.bar == nil || p.Planned == 0 {
		return
	}
	b.bar.ChangeMax64(p.Planned)
	b.bar.Describe(fmt.Sprintf("%s  %.0f/s · sold %d · refused %d · errors %d · p99 %s",
		b.name, p.Rate, p.Sold, p.Refused, p.Errors, p.P99.Round(100*time.Microsecond)))
	_ = b.bar.Set64(min(p.Done, p.Planned-1)) // it is only a picture
}

func (b *bar) end() {
	if b.bar != nil {
		_ = b.bar.Clear() // as above
	}
}
