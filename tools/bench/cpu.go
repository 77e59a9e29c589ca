package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// spent is the processor time, user and system, that each of the three has used since it began.
type spent struct{ server, postgres, load time.Duration }

func (s spent) since(before spent) spent {
	return spent{s.server - before.server, s.postgres - before.postgres, s.load - before.load}
}

// each is the processor time of one of n answers, in microseconds.
func (s spent) each(n int) map[string]float64 {
	us := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(max(1, n)) }
	return map[string]float64{"server": us(s.server), "postgres": us(s.postgres), "load": us(s.load)}
}

// tick is the unit of /proc's times: USER_HZ is 100 on every Linux that Go runs on.
const tick = 10 * time.Millisecond

// readSpent reads /proc; elsewhere than on Linux it has nothing to say. PostgreSQL's is that of every postgres process
// on the machine.
func readSpent(server int) (spent, error) {
	if runtime.GOOS != "linux" {
		return spent{}, nil
	}
	var s spent
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return s, err
	}
	for _, file := range stats {
		stat, err := os.ReadFile(file)
		if err != nil {
			continue // it has just ended
		}
		pid, name, ticks, err := parseStat(string(stat))
		if err != nil {
			return s, err
		}
		used := time.Duration(ticks) * tick
		switch {
		case pid == server:
			s.server = used
		case pid == os.Getpid():
			s.load = used
		case name == "postgres":
			s.postgres += used
		}
	}
	return s, nil
}

// parseStat reads a line of /proc/PID/stat: the process, its name, and its user and system ticks.
func parseStat(stat string) (pid int, name string, ticks int64, err error) {
	open, end := strings.IndexByte(stat, '('), strings.LastIndexByte(stat, ')')
	if open < 0 || end < open {
		return 0, "", 0, fmt.Errorf("cannot read %q", stat)
	}
	fields := strings.Fields(stat[end+1:])
	if len(fields) < 13 {
		return 0, "", 0, fmt.Errorf("cannot read %q", stat)
	}
	pid, err = strconv.Atoi(strings.TrimSpace(stat[:open]))
	user, userErr := strconv.ParseInt(fields[11], 10, 64)
	system, systemErr := strconv.ParseInt(fields[12], 10, 64)
	if err != nil || userErr != nil || systemErr != nil {
		return 0, "", 0, fmt.Errorf("cannot read %q", stat)
	}
	return pid, stat[open+1 : end], user + system, nil
}
