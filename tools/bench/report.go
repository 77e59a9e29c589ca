package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// report gathers the numbers of a run.
type report struct {
	Commit  string        `json:"commit"`
	When    time.Time     `json:"when"`
	Machine machine       `json:"machine"`
	Seconds float64       `json:"secondsPerMeasurement"`
	Rounds  int           `json:"rounds"`
	Numbers []measurement `json:"numbers"`
	Ratios  []comparison  `json:"ratios"`
}

type machine struct {
	OS    string `json:"os"`
	Arch  string `json:"arch"`
	Cores int    `json:"cores"`
	Model string `json:"model"`
	Go    string `json:"go"`
}

// measurement is one thing measured, its rounds and their median.
type measurement struct {
	Part   string    `json:"part"`
	Who    string    `json:"who"`
	Where  string    `json:"where"`
	Unit   string    `json:"unit"`
	Median float64   `json:"median"`
	Rounds []float64 `json:"rounds"`
}

// comparison is a ratio, taken round by round, of two that were measured side by side, and its median.
type comparison struct {
	Part   string    `json:"part"`
	What   string    `json:"what"`
	Median float64   `json:"median"`
	Rounds []float64 `json:"rounds"`
}

func newReport(o options) *report {
	commit, _ := exec.Command("git", "describe", "--always", "--dirty").Output() //nolint:noctx // it is quick
	return &report{
		Commit: strings.TrimSpace(string(commit)), When: time.Now().UTC().Truncate(time.Second),
		Machine: machine{runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), cpuModel(), runtime.Version()},
		Seconds: o.seconds.Seconds(), Rounds: o.rounds,
	}
}

func cpuModel() string {
	info, _ := os.ReadFile("/proc/cpuinfo") // empty elsewhere
	for line := range strings.Lines(string(info)) {
		if name, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

func (r *report) add(part, who, where, unit string, rounds []float64) {
	r.Numbers = append(r.Numbers, measurement{part, who, where, unit, median(rounds), rounds})
}

func (r *report) ratio(part, what string, above, below []float64) {
	rounds := make([]float64, min(len(above), len(below)))
	for i := range rounds {
		rounds[i] = above[i] / below[i]
	}
	r.Ratios = append(r.Ratios, comparison{part, what, median(rounds), rounds})
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[middle-1] + sorted[middle]) / 2
	}
	return sorted[middle]
}

// write prints the tables, and writes the numbers where out is set.
func (r *report) write(w io.Writer, out string) error {
	slices.SortStableFunc(r.Numbers, func(a, b measurement) int {
		return strings.Compare(a.Part+a.Unit+a.Who+a.Where, b.Part+b.Unit+b.Who+b.Where)
	})
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(table, "\nPART\tWHO\tWHERE\tMEDIAN\t\n")
	for _, n := range r.Numbers {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%.4g\t%s\n", n.Part, n.Who, n.Where, n.Median, n.Unit)
	}
	_, _ = fmt.Fprintf(table, "\nRATIO\t\t\tMEDIAN\tROUNDS\n")
	for _, c := range r.Ratios {
		_, _ = fmt.Fprintf(table, "%s\t%s\t\t%.3f\t%.3f\n", c.Part, c.What, c.Median, c.Rounds)
	}
	if err := table.Flush(); err != nil || out == "" {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil { //nolint:gosec // it holds what everybody may read
		return err
	}
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, "purchases.json"), append(data, '\n'), 0o644) //nolint:gosec // as above
}
