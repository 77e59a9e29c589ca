package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode"

	"stampede/stress/judge"
	"stampede/stress/load"
	"stampede/stress/report"
	"stampede/stress/shop"
)

// Run plays, judges and reports.
func (c *runCommand) Run(ctx context.Context, out *output) error {
	chosen, err := scenario(c.Scenario)
	if err != nil {
		return err
	}
	if err := c.check(chosen); err != nil {
		return err
	}
	for _, f := range c.files() {
		if err := writable(f.name); err != nil {
			return fmt.Errorf("%s could not be written: %w", f.name, err)
		}
	}
	if len(c.Target) == 0 {
		own, err := startServers(ctx, c.Server, c.Servers, out.stderr)
		if err != nil {
			return err
		}
		defer own.stop()
		defer own.reportDeaths(out.stderr)
		for _, s := range own {
			c.Target = append(c.Target, s.url)
		}
		c.takeAway = map[load.Outage]func(context.Context, int, int) (bool, error){
			load.Crash: own.crash, load.Freeze: own.freeze,
		}[chosen.Takes]
		c.AuthSecret = own[0].secret
	}
	if c.Database != "" { // better now than when all has been played, and there is nothing to show for it
		first, cancel := context.WithTimeout(ctx, c.Timeout)
		_, err := countPurchases(first, c.Database, c.DatabaseQuery, "sale_0")
		cancel()
		if err != nil {
			return err
		}
	}
	for n := range c.Repeat {
		result, err := c.once(ctx, chosen, out)
		if err != nil {
			return err
		}
		last := n == c.Repeat-1 || !result.Kept
		if c.Repeat > 1 {
			out.say("%4d of %d  seed %-6d %s", n+1, c.Repeat, c.Seed, result.Line())
		}
		if last {
			return errors.Join(verdict(result), c.write(result, out))
		}
		c.Seed++
	}
	return nil
}

// verdict is a result as an error, for the exit code.
func verdict(r *report.Result) error {
	switch {
	case r.Kept:
		return nil
	case r.Unjudged && !r.Interrupted, r.Failure != "" && r.Broken() == 0:
		return errUnjudged
	}
	return errBroken
}

// once plays one run and judges it.
func (c *runCommand) once(ctx context.Context, s *load.Scenario, out *output) (*report.Result, error) {
	cfg, err := c.config(ctx, s)
	if err != nil {
		return nil, err
	}
	bar := newBar(out.stderr, c.Quiet, s.Name)
	cfg.Progress = bar.show
	begun := time.Now()
	record, err := load.Play(ctx, cfg)
	bar.end()
	if err != nil {
		return nil, err
	}
	record.History.LinearLimit, record.History.SearchLimit = c.LinearLimit, c.SearchLimit
	verdict := judge.Verdict{Promises: []judge.Promise{}} // a list in the JSON, too
	if !record.Unread {
		verdict = judge.Judge(&record.History)
	}
	record.Interrupted = ctx.Err() != nil // or while it was settled and judged: there will be no more
	result := report.Of(record, &verdict, cfg)
	result.When, result.Command, result.Version = begun, c.command(out.args), version()
	return result, nil
}

// usualLag is how long servers of one shop may take to hear of each other, if nobody says.
const usualLag = time.Second

// config is what the command line asks for.
func (c *runCommand) config(ctx context.Context, s *load.Scenario) (*load.Config, error) {
	cfg := &load.Config{
		Scenario: s, Seed: c.Seed, Shoppers: given(c.Shoppers), Stock: given(c.Stock), Rate: given(c.Rate),
		Duration: given(c.Duration), Connections: given(c.Connections), Clients: given(c.Clients),
		Operations: given(c.Operations),
		Timeout:    c.Timeout, Patience: c.Patience, MaxLate: c.MaxLate, WatchLimit: c.WatchLimit, TakeAway: c.takeAway,
	}
	for _, address := range c.Target {
		t, err := shop.NewTarget(address)
		if err != nil {
			return nil, err
		}
		cfg.Targets = append(cfg.Targets, t)
	}
	switch {
	case c.Lag != nil:
		cfg.Lag = max(0, *c.Lag)
	case len(cfg.Targets) > 1:
		cfg.Lag = usualLag
	}
	cfg.Defaults()
	if cfg.Shoppers < 0 || cfg.Shoppers > math.MaxInt32 {
		return nil, fmt.Errorf("%s would bring more shoppers than the %d who can be told apart", s.Name, math.MaxInt32)
	}
	if c.Watchers != nil {
		cfg.Watchers = max(0, *c.Watchers)
	}
	var files syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files) == nil {
		if err := fits(cfg, files.Cur); err != nil {
			return nil, err
		}
	}
	var err error
	if cfg.Wallet, err = c.wallet(ctx, cfg); err != nil {
		return nil, err
	}
	if n := cfg.Wallet.Len(); n >= 0 && n < cfg.Shoppers {
		return nil, fmt.Errorf("%s brings %d shoppers, and there are tokens of %d", s.Name, cfg.Shoppers, n)
	}
	if c.Database != "" {
		cfg.Count = func(ctx context.Context, sale string) (*[2]int, error) {
			return countPurchases(ctx, c.Database, c.DatabaseQuery, sale)
		}
	}
	return cfg, nil
}

// fits says that the load needs more connections than there are files for.
func fits(cfg *load.Config, files uint64) error {
	if n := cfg.AtOnce(); uint64(max(0, n)) > files {
		return fmt.Errorf("%s opens %d connections, and a program may open %d files here: ulimit -n raises that",
			cfg.Scenario.Name, n, files)
	}
	return nil
}

func (c *runCommand) wallet(ctx context.Context, cfg *load.Config) (*shop.Wallet, error) {
	prefix := fmt.Sprintf("stress-%d-", c.Seed)
	switch {
	case c.Tokens != "":
		return shop.ReadTokens(c.Tokens, c.OperatorToken)
	case c.Demo:
		conn := shop.NewConn(cfg.Targets[0], c.Timeout)
		defer conn.Close()
		return shop.SignIns(ctx, conn, c.OperatorToken, prefix, cfg.Shoppers)
	case c.AuthSecret != "":
		return shop.NewMint(c.AuthSecret, c.AuthAudience, c.AuthIssuer, prefix)
	default:
		return nil, errors.New("whose tokens? -auth-secret mints them, -demo signs in, -tokens reads a file")
	}
}

// write tells the verdict, and writes what was asked for: what cannot be written keeps nothing else from being told.
func (c *runCommand) write(result *report.Result, out *output) error {
	result.WriteText(out.stdout)
	var failed error
	for _, f := range c.files() {
		failed = errors.Join(failed, f.write(result))
	}
	if failed != nil {
		_, _ = fmt.Fprintln(out.stderr, "stress:", failed)
		return errUnwritten
	}
	if c.Report != "-" && c.Report != "" {
		if path, err := filepath.Abs(c.Report); err == nil {
			out.say("\n  The report: %s", path)
		}
	}
	return nil
}

// file is one that a run writes.
type file struct {
	name string
	form func(*report.Result, io.Writer) error
}

// files are those that were asked for.
func (c *runCommand) files() []file {
	return slices.DeleteFunc([]file{
		{c.Report, (*report.Result).WriteHTML}, {c.JSON, (*report.Result).WriteJSON}, {c.JUnit, (*report.Result).WriteJUnit},
	}, func(f file) bool { return f.name == "" || f.name == "-" && c.Report == "-" })
}

func (f file) write(result *report.Result) error {
	out, err := openFile(f.name, os.O_TRUNC)
	if err != nil {
		return err
	}
	if err := errors.Join(f.form(result, out), out.Close()); err != nil {
		return fmt.Errorf("write %s: %w", f.name, err)
	}
	return nil
}

// writable says why a file cannot be written, and leaves all as it is, but for folders that it lacks. What is no plain
// file, as a pipe whose reader would take this for the end, is not tried.
func writable(name string) error {
	info, err := os.Stat(name)
	if err == nil && !info.IsDir() && !info.Mode().IsRegular() {
		return nil
	}
	f, openErr := openFile(name, 0)
	if openErr != nil {
		return openErr
	}
	closeErr := f.Close()
	if errors.Is(err, fs.ErrNotExist) {
		return errors.Join(closeErr, os.Remove(name))
	}
	return closeErr
}

func openFile(name string, flag int) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil { //nolint:gosec // reports are to be read
		return nil, err
	}
	return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|flag, 0o666) //nolint:gosec // as above
}

// command is how to do it again: this run of it, by its seed. What is secret is not told, nor where files went.
func (c *runCommand) command(args []string) string {
	words := []string{"bin/stress"}
	for i := 0; i < len(args); i++ {
		a := args[i]
		name, _, inline := strings.Cut(strings.TrimLeft(a, "-"), "=")
		flag := strings.HasPrefix(a, "-")
		switch {
		case flag && slices.Contains([]string{"seed", "repeat", "report", "json", "junit"}, name):
			if !inline {
				i++
			}
			continue
		case flag && (name == "auth-secret" || name == "operator-token" || name == "database"):
			if !inline {
				i++
			}
			words = append(words, "-"+name+" …")
			continue
		}
		words = append(words, quoted(a))
	}
	return strings.Join(append(words, "-seed", strconv.FormatUint(c.Seed, 10)), " ")
}

// quoted is a word as a shell reads it.
func quoted(word string) string {
	if word != "" && !strings.ContainsFunc(word, func(c rune) bool {
		return !unicode.IsLetter(c) && !unicode.IsDigit(c) && !strings.ContainsRune("-_=.,:/@%+", c)
	}) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && !strings.Contains(v, s.Value[:min(12, len(s.Value))]) {
			v += " " + s.Value[:min(12, len(s.Value))]
		}
	}
	return "stress " + v
}
