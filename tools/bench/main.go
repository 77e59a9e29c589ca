// Command bench measures what Stampede exists for, side by side in one run: the purchase engine against its rivals, and
// purchases over HTTP against a purchase that touches nothing. `make bench` runs it.
//
// Nothing else may run on the machine meanwhile. Absolute numbers are of this machine; the ratios are what to look at.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"stampede/server/pg"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := dispatch(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// dispatch runs the benchmark, or one of the processes that it starts of itself.
func dispatch(ctx context.Context, args []string) error {
	switch {
	case len(args) == 1 && args[0] == "load":
		return serveLoad(ctx, os.Stdin, os.Stdout)
	case len(args) == 2 && args[0] == "disk":
		return serveDisk(ctx, args[1], os.Stdin, os.Stdout)
	case len(args) == 2 && args[0] == "rival":
		return serveRival(ctx, args[1])
	default:
		return run(ctx, args, os.Stdout)
	}
}

const partNames = "engine, alone, batch, http, steady, replicas, memory, history"

// part is one thing to measure.
type part struct {
	name    string
	cluster func(ctx context.Context, do func(*pg.Embedded) error) error // does something with a PostgreSQL of its own
	run     func(context.Context, *bench) error
}

// options are what the command line says.
type options struct {
	only    string
	out     string
	binary  string
	profile string
	seconds time.Duration
	rounds  int
	offered float64
	history int
	live    bool
	crowd   int
}

func run(ctx context.Context, args []string, w io.Writer) error {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&o.only, "only", "", "parts to run, comma-separated; empty: all of "+partNames+
		"; with -live: "+livePartNames)
	flags.StringVar(&o.out, "out", "", "folder to write the numbers to, as JSON; empty: nowhere")
	flags.StringVar(&o.binary, "server", "bin/stampede", "the server to start for the part http")
	flags.StringVar(&o.profile, "profiles", "", "folder for the server's CPU profiles; empty: nowhere")
	flags.DurationVar(&o.seconds, "for", 5*time.Second, "how long each measurement takes")
	flags.IntVar(&o.rounds, "rounds", 3, "how often those who are compared take their turns")
	flags.Float64Var(&o.offered, "offered", 0,
		"requests a second at which http and steady compare latencies, and nothing else; 0: half the floor's rate, after it")
	flags.IntVar(&o.history, "history", 10_000_000, "earlier purchases for the part history")
	flags.BoolVar(&o.live, "live", false, "measure live stock instead of purchases")
	flags.IntVar(&o.crowd, "crowd", crowdSize, "with -live: subscribers of one server")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	report := newReport(o)
	parts := purchaseParts
	if o.live {
		parts = liveParts
	}
	for _, part := range parts {
		if o.only != "" && !strings.Contains(","+o.only+",", ","+part.name+",") {
			continue
		}
		err := part.cluster(ctx, func(cluster *pg.Embedded) error {
			return part.run(ctx, &bench{options: o, cluster: cluster, report: report, log: w})
		})
		if errors.Is(err, errNoMemory) {
			_, _ = fmt.Fprintf(w, "%s: %v\n", part.name, err)
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		if err := report.write(io.Discard, o.out); err != nil { // a part that fails later does not take this one along
			return err
		}
	}
	return report.write(w, o.out)
}

var purchaseParts = []part{
	{"engine", durableCluster, measureEngine},
	{"alone", durableCluster, measureAlone},
	{"batch", durableCluster, measureBatch},
	{"http", durableCluster, measureHTTP},
	{"steady", steadyCluster, measureSteady},
	{"replicas", durableCluster, measureReplicas},
	{"memory", durableCluster, measureMemory},
	{"history", durableCluster, measureHistory},
}

// durableCluster is a PostgreSQL on the disk of temporary files.
func durableCluster(ctx context.Context, do func(*pg.Embedded) error) error {
	return withCluster(ctx, os.TempDir(), durableSettings, do)
}

// durableSettings are those of a server that loses nothing.
var durableSettings = map[string]string{"max_connections": "200", "max_wal_size": "4GB", "min_wal_size": "1GB"}

// bench is what one part of a run works with.
type bench struct {
	options
	cluster *pg.Embedded
	report  *report
	log     io.Writer
	stages  int // how many there have been
}

func (b *bench) say(format string, args ...any) { _, _ = fmt.Fprintf(b.log, format+"\n", args...) }

// database makes a migrated database of its own.
func (b *bench) database(ctx context.Context, name string) (*pg.DB, string, error) {
	admin, err := pg.Open(ctx, b.cluster.URL("postgres"))
	if err != nil {
		return nil, "", err
	}
	_, err = admin.Pool.Exec(ctx, "CREATE DATABASE "+name)
	if err := errors.Join(err, admin.Close()); err != nil {
		return nil, "", err
	}
	if err := b.warmWAL(ctx); err != nil {
		return nil, "", err
	}
	url := b.cluster.URL(name)
	db, err := pg.Open(ctx, url, pg.WithMaxConns(32))
	if err != nil {
		return nil, "", err
	}
	return db, url, db.Migrate(ctx)
}

// warmWAL makes the log's files before they are needed, as a database that has been running for a while has them:
// the first use of each costs a tenth of a second, in which nobody can commit.
func (b *bench) warmWAL(ctx context.Context) error {
	db, err := pg.Open(ctx, b.cluster.URL("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	for range 60 {
		if _, err := db.Pool.Exec(ctx, "SELECT pg_logical_emit_message(false, 'bench', ''), pg_switch_wal()"); err != nil {
			return err
		}
	}
	_, err = db.Pool.Exec(ctx, "CHECKPOINT")
	return err
}

// withCluster starts a PostgreSQL on a folder within another one, that is removed afterwards.
func withCluster(ctx context.Context, in string, settings map[string]string, do func(*pg.Embedded) error) error {
	dir, err := os.MkdirTemp(in, "stampede-bench-")
	if err != nil {
		return err
	}
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // PostgreSQL's user passes through it
		return err
	}
	cluster, err := pg.StartEmbedded(ctx, pg.EmbeddedConfig{
		Dir:      filepath.Join(dir, "postgres"),
		Settings: settings,
	})
	if err != nil {
		return err
	}
	err = do(cluster)
	stopped, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	return errors.Join(err, cluster.Stop(stopped), os.RemoveAll(dir))
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }
