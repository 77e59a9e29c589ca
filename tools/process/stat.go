package process

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of /proc's times: USER_HZ is 100 on every Linux that Go runs on.
const tick = 10 * time.Millisecond

// Stat is a process, and the processor time, user and system, that it has used since it began.
type Stat struct {
	PID, Parent int
	Name        string
	Used        time.Duration
	Reaped      time.Duration // used by children of its that have ended
}

// All are the processes that there are; none elsewhere than on Linux.
func All() ([]Stat, error) {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	all := make([]Stat, 0, len(files))
	for _, file := range files {
		line, err := os.ReadFile(file)
		if err != nil {
			continue // it has just ended
		}
		stat, err := parse(string(line))
		if err != nil {
			return nil, err
		}
		all = append(all, stat)
	}
	return all, nil
}

// Used is the processor time that a process has used; it is read from /proc.
func Used(pid int) (time.Duration, error) {
	line, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0, err
	}
	stat, err := parse(string(line))
	return stat.Used, err
}

// parse reads a line of /proc/PID/stat (proc_pid_stat(5)).
func parse(line string) (s Stat, err error) {
	name, end := strings.IndexByte(line, '('), strings.LastIndexByte(line, ')')
	if name < 0 || end < name {
		return s, fmt.Errorf("cannot read %q", line)
	}
	fields := strings.Fields(line[end+1:])
	if len(fields) < 15 {
		return s, fmt.Errorf("cannot read %q", line)
	}
	s.Name = line[name+1 : end]
	var errs [6]error
	var user, system, childrenUser, childrenSystem int
	s.PID, errs[0] = strconv.Atoi(strings.TrimSpace(line[:name]))
	s.Parent, errs[1] = strconv.Atoi(fields[1])
	user, errs[2] = strconv.Atoi(fields[11])
	system, errs[3] = strconv.Atoi(fields[12])
	childrenUser, errs[4] = strconv.Atoi(fields[13])
	childrenSystem, errs[5] = strconv.Atoi(fields[14])
	s.Used, s.Reaped = time.Duration(user+system)*tick, time.Duration(childrenUser+childrenSystem)*tick
	return s, errors.Join(errs[:]...)
}

// Busy is how long the machine's processors have been busy, one after the other; 0 elsewhere than on Linux.
func Busy() time.Duration {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	var user, nice, system, idle, wait, irq, softirq, steal int64
	_, err = fmt.Sscanf(string(stat), "cpu %d %d %d %d %d %d %d %d",
		&user, &nice, &system, &idle, &wait, &irq, &softirq, &steal)
	if err != nil {
		return 0
	}
	return time.Duration(user+nice+system+irq+softirq+steal) * tick
}

// Resident is the memory that a process holds, in bytes; it is read from /proc.
func Resident(pid int) (bytes int64, err error) {
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if value, found := strings.CutPrefix(line, "VmRSS:"); found {
			kB, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			return kB << 10, err
		}
	}
	return 0, errors.New("no VmRSS")
}
