// Command stress is a stranger to a flash-sale server: it speaks HTTP and websockets, plays crowds against it, writes
// down everything that happens, and then judges whether every promise was kept.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"unicode"

	"github.com/alecthomas/kong"

	"stampede/stress/load"
	"stampede/stress/report"
)

// The exit codes.
const (
	exitKept   = 0 // every promise was kept
	exitBroken = 1 // one was not, or the run was interrupted
	exitFailed = 2 // there was nothing to judge, not all that was to be played, or no report
)

func main() {
	signal.Ignore(syscall.SIGPIPE) // a reader who has seen enough must not keep the server of our own from being stopped
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup
		ends = append(ends, syscall.SIGHUP)
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, ends...)
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		<-signals
		_, _ = fmt.Fprintln(os.Stderr, "\nstress: ending, and then there is a report; Ctrl-C once more ends without one")
		stop()
		<-signals
		signal.Reset(ends...) // the third does not wait for anything
		begun.end()
		os.Exit(exitBroken)
	}()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

type commandLine struct {
	Run     runCommand     `cmd:"" help:"Play a scenario and judge it."`
	List    listCommand    `cmd:"" help:"List the scenarios."`
	Compare compareCommand `cmd:"" help:"Show two runs beside each other."`
}

// errBroken says that a promise was broken: all has been told.
var errBroken = errors.New("a promise was broken")

// errUnjudged says that there was nothing to judge, or not all that was to be played: all has been told too.
var errUnjudged = errors.New("there was nothing to judge")

// errUnwritten says that a report could not be written: that has been told, and the verdict too.
var errUnwritten = errors.New("a report could not be written")

// run carries out one command and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	helped := false
	out := &output{stdout: stdout, stderr: stderr, args: args}
	parser, err := kong.New(&commandLine{},
		kong.Name("stress"),
		kong.Description("Proves that a flash sale keeps its promises, or shows which one it breaks. "+
			"Exit code 0: all were kept; 1: one was broken, or it was interrupted; "+
			"2: there was nothing to judge, it was not played out, or a report could not be written."),
		kong.Vars{"count": countQuery},
		kong.Writers(stdout, stderr), kong.Exit(func(int) { helped = true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true}),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(out))
	if len(args) > 0 && args[0] == "help" {
		args = append(slices.Clone(args[1:]), "--help")
	}
	if err == nil {
		var command *kong.Context
		command, err = parser.Parse(doubleDashed(args))
		if helped {
			return exitKept
		}
		if err == nil {
			err = command.Run()
		}
	}
	switch {
	case err == nil:
		return exitKept
	case errors.Is(err, errBroken):
		return exitBroken
	case errors.Is(err, errUnjudged), errors.Is(err, errUnwritten):
		return exitFailed
	}
	_, _ = fmt.Fprintln(stderr, "stress:", err)
	if ctx.Err() != nil { // that is why
		return exitBroken
	}
	return exitFailed
}

// doubleDashed lets long flags be written with one dash, as the server's are.
func doubleDashed(args []string) []string {
	out := make([]string, len(args))
	for i, a := range args {
		if len(a) > 2 && a[0] == '-' && unicode.IsLetter(rune(a[1])) { // -1s is a value
			a = "-" + a
		}
		out[i] = a
	}
	return out
}

// output is where a command writes to, and how it was called.
type output struct {
	stdout, stderr io.Writer
	args           []string
}

func (o *output) say(format string, args ...any) {
	_, _ = fmt.Fprintf(o.stdout, format+"\n", args...) // there is nobody to tell
}

type listCommand struct{}

// Run lists the scenarios.
func (*listCommand) Run(out *output) error {
	var err error
	for _, s := range load.Scenarios() {
		_, e := fmt.Fprintf(out.stdout, "%-20s %s\n", s.Name, s.Says)
		err = errors.Join(err, e)
	}
	return err
}

type compareCommand struct {
	A string `arg:"" help:"What stress run -json wrote, the earlier." type:"existingfile"`
	B string `arg:"" help:"What stress run -json wrote, the later." type:"existingfile"`
}

// Run compares, and ends as the later run did.
func (c *compareCommand) Run(out *output) error {
	a, err := report.Read(c.A)
	if err != nil {
		return err
	}
	b, err := report.Read(c.B)
	if err != nil {
		return err
	}
	if err := report.Compare(out.stdout, a, b); err != nil {
		return err
	}
	return verdict(b)
}

// scenario finds one by its name.
func scenario(name string) (*load.Scenario, error) {
	var names []string
	for _, s := range load.Scenarios() {
		if s.Name == name {
			return &s, nil
		}
		names = append(names, s.Name)
	}
	return nil, fmt.Errorf("there is no scenario %q: there are %s", name, strings.Join(names, ", "))
}
