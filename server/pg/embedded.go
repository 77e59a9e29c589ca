package pg

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// Database is the one that StartEmbedded makes in a new cluster.
	Database = "stampede"

	startLimit   = 30 * time.Second
	pollInterval = 10 * time.Millisecond

	// A socket's path has 107 bytes on Linux and 103 on macOS.
	maxSocketPath = 103
	socketName    = "/.s.PGSQL.5432"
)

// ErrEnded says that postgres ended though nobody had asked it to.
var ErrEnded = errors.New("postgres has ended by itself")

// stopSteps are postgres's own ways to stop, each with the time it gets: fast (sessions end, everything is
// written), immediate (the next start recovers), and the kernel's.
var stopSteps = []struct {
	signal   syscall.Signal
	patience time.Duration
}{
	{syscall.SIGINT, 10 * time.Second},
	{syscall.SIGQUIT, 6 * time.Second},
	{syscall.SIGKILL, 5 * time.Second},
}

// EmbeddedConfig says where an embedded PostgreSQL lives.
type EmbeddedConfig struct {
	// Bin is the folder of postgres and initdb. When it is empty they are looked for below tools/postgres in
	// the working directory, in the executable's folder, and in that folder's parent.
	Bin string

	// Dir is the cluster's data folder; some files stand beside it under its name. When it is empty and
	// Throwaway is set, a folder for temporary files is made, and removed by Stop.
	Dir string

	// Throwaway is for tests: nothing is synced to disk, and a crash of the machine breaks the cluster.
	Throwaway bool

	// Settings are further settings of postgres, which win over the defaults here.
	Settings map[string]string

	// Log gets postgres's own output at debug level. It may be nil.
	Log *slog.Logger
}

// Embedded is a PostgreSQL server that this program started and owns.
type Embedded struct {
	cluster *cluster
	socket  string // the folder
	process *process
	temp    string // removed by Stop, when not empty

	stop    sync.Once
	asked   chan struct{} // closed when Stop was called
	stopped chan struct{} // closed when all is cleared away
	stopErr error         // read after stopped
}

// StartEmbedded starts PostgreSQL on a data folder, which it makes when there is none, and returns when the
// server accepts connections and has the database Database. It takes at most ctx or 30 s.
//
// The server listens on a socket that only its user and root can reach. It ends with this program: at once on
// Linux, whatever ends this program; elsewhere, after a kill -9, when the next StartEmbedded finds it. As root
// it runs as the user whom the data folder belongs to, else postgres, else nobody.
//
// Errors: ErrNoBinaries, ErrFolderInUse (the other one is left in peace), ErrOtherVersion, ErrNotACluster,
// ErrFolderClosed, or why the server did not start, with its last words.
func StartEmbedded(ctx context.Context, cfg EmbeddedConfig) (*Embedded, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, startLimit, fmt.Errorf("postgres did not start within %s", startLimit))
	defer cancel()
	bin, err := binaries(cfg.Bin)
	if err != nil {
		return nil, err
	}
	e := &Embedded{asked: make(chan struct{}), stopped: make(chan struct{})}
	if cfg.Dir == "" {
		if e.temp, err = makeTemp(ctx, cfg); err != nil {
			return nil, err
		}
		cfg.Dir = filepath.Join(e.temp, tempData)
	}
	if err := e.start(ctx, cfg, bin); err != nil {
		return nil, errors.Join(err, e.removeTemp())
	}
	return e, nil
}

func (e *Embedded) start(ctx context.Context, cfg EmbeddedConfig, bin string) error {
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return fmt.Errorf("pg: the data folder: %w", err)
	}
	acc, err := accountFor(dir)
	if err != nil {
		return err
	}
	if err := acc.makeFolders(filepath.Dir(dir)); err != nil {
		return fmt.Errorf("pg: make the data folder: %w", err)
	}
	e.cluster = &cluster{dir: dir, bin: bin, acc: acc, log: cfg.Log, throwaway: cfg.Throwaway}
	if err := e.cluster.lockFolder(); err != nil {
		return err
	}
	err = e.cluster.prepare(ctx)
	if err == nil {
		err = e.openSocketFolder()
	}
	if err == nil {
		err = e.launch(ctx, settings(cfg, e.socket))
	}
	if err != nil {
		_ = os.RemoveAll(e.socket)
		e.cluster.unlock()
	}
	return err
}

// openSocketFolder makes the folder afresh: what an earlier owner left in it is stale.
func (e *Embedded) openSocketFolder() (err error) {
	e.socket = e.cluster.dir + ".run"
	if err := os.RemoveAll(e.socket); err != nil {
		return fmt.Errorf("pg: clear the socket's folder: %w", err)
	}
	if fitsSocket(e.socket) {
		err = os.Mkdir(e.socket, 0o700)
	} else if fitsSocket(os.TempDir() + "/stampede-pg-run-0123456789") {
		e.socket, err = os.MkdirTemp("", "stampede-pg-run-")
	} else {
		e.socket, err = os.MkdirTemp("/tmp", "stampede-pg-run-")
	}
	if err != nil {
		return fmt.Errorf("pg: make the socket's folder: %w", err)
	}
	if err := e.cluster.acc.own(e.socket); err != nil {
		return fmt.Errorf("pg: hand the socket's folder to user %s: %w", e.cluster.acc.name, err)
	}
	return nil
}

// fitsSocket: a comma would split the path in a connection string.
func fitsSocket(folder string) bool {
	return len(folder)+len(socketName) <= maxSocketPath && !strings.Contains(folder, ",")
}

// launch starts postgres and waits until it serves Database. A postmaster that was killed may leave backends
// behind for a moment, which hold the shared memory: such a start is tried again.
func (e *Embedded) launch(ctx context.Context, settings []string) error {
	onOwnerDeath := syscall.SIGINT // as Stop does: the next start finds everything written
	if e.cluster.throwaway {
		onOwnerDeath = syscall.SIGQUIT
	}
	c := e.cluster
	for {
		p, err := startProcess(c.log, c.acc, c.bin, "postgres", filepath.Dir(c.dir), onOwnerDeath,
			append([]string{"-D", c.dir}, settings...)...)
		if err != nil {
			return err
		}
		e.process = p
		err = e.awaitReady(ctx)
		if err == nil {
			return nil
		}
		inTheWay := strings.Contains(p.output.String(), "pre-existing shared memory block")
		if stopErr := e.stopProcess(context.WithoutCancel(ctx)); stopErr != nil {
			return errors.Join(err, stopErr)
		}
		if !inTheWay || wait(ctx, 10*pollInterval) != nil {
			return err
		}
	}
}

// awaitReady tries to connect until it works, postgres ends or ctx does, and then sees to the database.
func (e *Embedded) awaitReady(ctx context.Context) error {
	for {
		conn, err := pgx.Connect(ctx, e.URL("postgres"))
		if err == nil {
			defer closeConn(ctx, conn)
			return makeDatabase(ctx, conn)
		}
		select {
		case <-e.process.done:
			return fmt.Errorf("pg: postgres ended at start: %w: %s", e.process.err, e.process.output)
		case <-ctx.Done():
			return fmt.Errorf("pg: %w: %w; its last words: %s", context.Cause(ctx), err, e.process.output)
		case <-time.After(pollInterval):
		}
	}
}

func makeDatabase(ctx context.Context, conn *pgx.Conn) error {
	var there bool
	err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, Database).Scan(&there)
	if err == nil && !there {
		_, err = conn.Exec(ctx, `CREATE DATABASE `+pgx.Identifier{Database}.Sanitize())
	}
	if err != nil {
		return fmt.Errorf("pg: make the database %s: %w", Database, err)
	}
	return nil
}

// URL names one of the server's databases, as Open takes it, for the superuser; Database is one, and so is postgres.
func (e *Embedded) URL(database string) string { return e.urlOf("postgres", database) }

// ServingURL is URL for ServingRole, once MigrateAs has made it.
func (e *Embedded) ServingURL(database string) string { return e.urlOf(ServingRole, database) }

func (e *Embedded) urlOf(user, database string) string {
	u := url.URL{Scheme: "postgres", User: url.User(user), Path: "/" + database}
	// pgx, like libpq, takes a plus sign for itself and not for a space.
	u.RawQuery = strings.ReplaceAll(url.Values{"host": {e.socket}, "port": {"5432"}}.Encode(), "+", "%20")
	return u.String()
}

// Done is closed when postgres has ended, by itself (Err tells) or because Stop was called.
func (e *Embedded) Done() <-chan struct{} { return e.process.done }

// Err is nil while postgres runs and when it ended because of Stop, else it is ErrEnded with the last words.
func (e *Embedded) Err() error {
	select {
	case <-e.asked:
		return nil
	default:
	}
	select {
	case <-e.process.done:
		return fmt.Errorf("pg: %w: %w: %s", ErrEnded, e.process.err, e.process.output)
	default:
		return nil
	}
}

// Stop shuts postgres down, writing everything, and lets go of the data folder. When ctx ends, or after 10 s,
// it is less patient, and then kills: at the end of Stop there is no postgres. It may be called twice, also
// at the same time; all calls return the same.
func (e *Embedded) Stop(ctx context.Context) error {
	e.stop.Do(func() {
		close(e.asked)
		err := e.stopProcess(ctx)
		e.stopErr = errors.Join(err, os.RemoveAll(e.socket), e.removeTemp())
		e.cluster.unlock()
		close(e.stopped)
	})
	<-e.stopped
	return e.stopErr
}

func (e *Embedded) stopProcess(ctx context.Context) error {
	for _, step := range stopSteps {
		if err := e.process.signal(step.signal); err != nil {
			return fmt.Errorf("pg: stop postgres: %w", err)
		}
		if e.process.waitFor(ctx, step.patience) {
			return nil
		}
		// Whoever is out of patience for the first step still has to wait for the next ones.
		ctx = context.WithoutCancel(ctx)
	}
	return fmt.Errorf("pg: postgres (process %d) does not stop", e.process.cmd.Process.Pid)
}
