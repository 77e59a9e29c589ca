package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
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
	Plans   string        `json:"-"` // what PostgreSQL says about its plans
	live    bool
}

type machine struct {
	OS    string `json:"os"`
	Arch  string `json:"arch"`
	Cores int    `json:"cores"`
	Model string `json:"model"`
	Go    string `json:"go"`
}

func (m machine) String() string {
	cores := "cores"
	if m.Cores == 1 {
		cores = "core"
	}
	return fmt.Sprintf("%s, %d %s, %s/%s, %s", m.Model, m.Cores, cores, m.OS, m.Arch, m.Go)
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
		Seconds: o.seconds.Seconds(), Rounds: o.rounds, live: o.live,
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
		if below[i] > 0 { //nolint:gosec // i is below both lengths
			rounds[i] = above[i] / below[i] //nolint:gosec // as above
		}
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

// inOrder is the numbers by part, unit, where and who, 8 before 100.
func (r *report) inOrder() []measurement {
	return slices.SortedStableFunc(slices.Values(r.Numbers), func(a, b measurement) int {
		return cmp.Or(
			strings.Compare(a.Part, b.Part), strings.Compare(a.Unit, b.Unit),
			cmp.Compare(leading(a.Where), leading(b.Where)), strings.Compare(a.Where, b.Where),
			cmp.Compare(leading(a.Who), leading(b.Who)), strings.Compare(a.Who, b.Who),
		)
	})
}

// leading is the whole number that a name begins with, or 0.
func leading(name string) int {
	first, _, _ := strings.Cut(name, " ")
	n, _ := strconv.Atoi(first) // 0 where there is none
	return n
}

// write prints the tables, and writes the numbers, their plot and the plans to the folder out, where it is set.
func (r *report) write(w io.Writer, out string) error {
	r.Numbers = r.inOrder()
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(table, "\nPART\tWHO\tWHERE\tMEDIAN\t\n")
	for _, n := range r.Numbers {
		digits := max(0, 3-int(math.Log10(max(1, n.Median)))) // four, or all of a large number
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%.*f\t%s\n", n.Part, n.Who, n.Where, digits, n.Median, n.Unit)
	}
	_, _ = fmt.Fprintf(table, "\nRATIO\t\t\tMEDIAN\tROUNDS\n")
	for _, c := range r.Ratios {
		_, _ = fmt.Fprintf(table, "%s\t%s\t\t%.3f\t%.3f\n", c.Part, c.What, c.Median, c.Rounds)
	}
	_, _ = fmt.Fprintf(table, "\n%s on %s\n", r.Commit, r.Machine)
	if err := table.Flush(); err != nil || out == "" {
		return err
	}
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil { //nolint:gosec // it holds what everybody may read
		return err
	}
	name := "purchases"
	if r.live {
		name = "live"
	}
	files := []struct {
		name string
		data []byte
	}{{name + ".json", append(data, '\n')}, {name + ".svg", r.plot()}, {"plans.txt", []byte(r.Plans)}}
	for _, file := range files {
		if len(file.data) == 0 {
			continue
		}
		if err := os.WriteFile(filepath.Join(out, file.name), file.data, 0o644); err != nil { //nolint:gosec // as above
			return err
		}
	}
	return nil
}
