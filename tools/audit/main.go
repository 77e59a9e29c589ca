// Command audit asks whether what ships is what was chosen, and whether holes in it are known: `make audit` runs it.
//
// It passes when every check was made and found nothing. A check that could not be made, because a registry or a
// database of holes does not answer, is named and is no pass.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "audit:", err)
		os.Exit(1)
	}
}

// verdict is what came of a check.
type verdict string

const (
	clean     verdict = "ok"
	found     verdict = "FOUND"
	unchecked verdict = "not checked"
)

// result is a check, what came of it, and why.
type result struct {
	verdict
	what string
	why  string
}

// shipped are the folders whose npm packages reach those who use Stampede; those of tests do not.
var shipped = []string{"client", "tools/postgres"}

func run(ctx context.Context, args []string, w io.Writer) error {
	flags := flag.NewFlagSet("audit", flag.ContinueOnError)
	govulncheck := flags.String("govulncheck", "govulncheck", "the program that knows the holes of Go modules")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	results := []result{modules(ctx), goHoles(ctx, *govulncheck)}
	for _, folder := range shipped {
		results = append(results, lock(ctx, folder), npmHoles(ctx, folder))
	}
	return report(w, results)
}

// report says what came of each check. It is an error when one is not clean.
func report(w io.Writer, results []result) error {
	count := map[verdict]int{}
	for _, r := range results {
		count[r.verdict]++
		_, _ = fmt.Fprintf(w, "%-12s %s", r.verdict, r.what)
		if r.why != "" {
			_, _ = fmt.Fprintf(w, ": %s", r.why)
		}
		_, _ = fmt.Fprintln(w)
	}
	switch {
	case count[found] > 0:
		return fmt.Errorf("%d of %d checks found something", count[found], len(results))
	case count[unchecked] > 0:
		return fmt.Errorf("%d of %d checks could not be made: nothing is known of what they are about",
			count[unchecked], len(results))
	}
	return nil
}

// outcome is how a program ended.
type outcome struct {
	stdout, stderr string
	code           int
	err            error // it could not be started
}

func start(ctx context.Context, folder, name string, args ...string) (o outcome) {
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // named above, and by the Makefile
	cmd.Dir = folder
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if _, ended := errors.AsType[*exec.ExitError](err); !ended {
		o.err = err
	}
	o.stdout, o.stderr, o.code = stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()
	return o
}

// modules holds every module against go.sum.
func modules(ctx context.Context) result {
	r := result{what: "Go modules are what go.sum says"}
	o := start(ctx, "", "go", "mod", "verify")
	switch {
	case o.err != nil:
		r.verdict, r.why = unchecked, o.err.Error()
	case o.code != 0:
		r.verdict, r.why = found, lastLine(o.stdout+o.stderr)
	default:
		r.verdict = clean
	}
	return r
}

// goHoles looks for known holes in what the server calls.
func goHoles(ctx context.Context, govulncheck string) result {
	return judgeGovulncheck(start(ctx, "", govulncheck, "./server"))
}

// govulncheckFound is how govulncheck ends when it has found something.
const govulncheckFound = 3

func judgeGovulncheck(o outcome) result {
	r := result{what: "no known hole in the Go code that the server calls"}
	switch {
	case o.err != nil:
		r.verdict, r.why = unchecked, o.err.Error()
	case o.code == govulncheckFound:
		r.verdict, r.why = found, "\n"+o.stdout
	case o.code != 0:
		r.verdict, r.why = unchecked, lastLine(o.stderr)
	default:
		r.verdict = clean
	}
	return r
}

// lock holds a folder's package.json against its lock file, in which every package needs a hash.
func lock(ctx context.Context, folder string) result {
	r := result{what: folder + ": npm's lock file is whole, and agrees with package.json"}
	text, err := os.ReadFile(filepath.Join(folder, "package-lock.json"))
	if err != nil {
		r.verdict, r.why = found, err.Error()
		return r
	}
	if naked, err := withoutHash(text); err != nil || len(naked) > 0 {
		r.verdict, r.why = found, fmt.Sprint("without a hash: ", strings.Join(naked, ", "), err)
		return r
	}
	switch o := start(ctx, folder, "npm", "ci", "--dry-run", "--ignore-scripts", "--no-audit", "--no-fund"); {
	case o.err != nil:
		r.verdict, r.why = unchecked, o.err.Error()
	case o.code != 0:
		r.verdict, r.why = found, lastLine(o.stderr)
	default:
		r.verdict = clean
	}
	return r
}

// withoutHash are the packages of a lock file that npm would take whatever they hold.
func withoutHash(text []byte) (naked []string, err error) {
	var file struct {
		Packages map[string]struct {
			Integrity string
			Link      bool
		}
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, err
	}
	for name, p := range file.Packages {
		if name != "" && !p.Link && p.Integrity == "" {
			naked = append(naked, name)
		}
	}
	return naked, nil
}

// npmHoles asks the registry for holes of level high or critical in what a folder ships.
func npmHoles(ctx context.Context, folder string) result {
	o := start(ctx, folder, "npm", "audit", "--omit=dev", "--json")
	return judgeAudit(folder, o)
}

func judgeAudit(folder string, o outcome) result {
	r := result{what: folder + ": no known hole of level high in the npm packages that ship"}
	var said struct {
		Message         string // instead of the rest, when the registry has not answered
		Vulnerabilities map[string]struct{ Severity string }
		Metadata        *struct {
			Vulnerabilities struct{ High, Critical int }
		}
	}
	err := json.Unmarshal([]byte(o.stdout), &said)
	switch {
	case o.err != nil:
		r.verdict, r.why = unchecked, o.err.Error()
	case err != nil || said.Metadata == nil:
		r.verdict, r.why = unchecked, "the registry does not answer npm audit"
		if words, _, _ := strings.Cut(said.Message, " - "); words != "" {
			r.why += " (" + words + ")"
		}
	case said.Metadata.Vulnerabilities.High+said.Metadata.Vulnerabilities.Critical > 0:
		r.verdict = found
		for name, hole := range said.Vulnerabilities {
			if hole.Severity == "high" || hole.Severity == "critical" {
				r.why += " " + name
			}
		}
	default:
		r.verdict = clean
	}
	return r
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
