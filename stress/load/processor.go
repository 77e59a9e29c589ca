package load

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"
)

// processor is how much processor time was used up to a moment: by this program, and by everything on the machine.
type processor struct {
	at          time.Time
	own         time.Duration
	busy, total float64 // in the kernel's ticks; total is 0 where it does not tell
}

func readProcessor() processor {
	p := processor{at: time.Now()}
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) == nil {
		p.own = time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	}
	stat, err := os.Open("/proc/stat")
	if err != nil { // not Linux
		return p
	}
	defer stat.Close() //nolint:errcheck // it was only read
	var user, nice, system, idle, wait, irq, softirq, steal float64
	_, err = fmt.Fscanf(stat, "cpu %f %f %f %f %f %f %f %f",
		&user, &nice, &system, &idle, &wait, &irq, &softirq, &steal)
	if err == nil {
		p.busy = user + nice + system + irq + softirq + steal
		p.total = p.busy + idle + wait
	}
	return p
}

// since are the shares of the machine's processors that this program used, and that were busy at all; the latter is 0
// where nobody tells.
func (p processor) since(before processor) (own, machine float64) {
	if took := p.at.Sub(before.at); took > 0 {
		own = float64(p.own-before.own) / float64(took) / float64(runtime.NumCPU())
	}
	if ticks := p.total - before.total; ticks > 0 {
		machine = (p.busy - before.busy) / ticks
	}
	return own, machine
}
