package report

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strings"
)

// Machine is where a run was made: what its numbers depend on.
type Machine struct {
	Processor string `json:"processor"`
	Cores     int    `json:"cores"`
	System    string `json:"system"`
	Go        string `json:"go"`
}

// String is the machine in a few words.
func (m Machine) String() string {
	return fmt.Sprintf("%d × %s, %s, %s", m.Cores, m.Processor, m.System, m.Go)
}

func thisMachine() Machine {
	m := Machine{
		Processor: runtime.GOARCH, Cores: runtime.NumCPU(), System: runtime.GOOS, Go: runtime.Version(),
	}
	if name := valueIn("/proc/cpuinfo", "model name", ":"); name != "" {
		m.Processor = name
	}
	if name := strings.Trim(valueIn("/etc/os-release", "PRETTY_NAME", "="), `"`); name != "" {
		m.System = name
	}
	return m
}

// valueIn is the first value of that name in a file of lines; empty where there is none.
func valueIn(file, name, separator string) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer f.Close() //nolint:errcheck // it was only read
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		key, value, found := strings.Cut(lines.Text(), separator)
		if found && strings.TrimSpace(key) == name {
			return strings.Join(strings.Fields(value), " ")
		}
	}
	return ""
}
