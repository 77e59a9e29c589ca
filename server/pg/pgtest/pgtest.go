// Package pgtest gives each test a PostgreSQL database of its own. Tests only; the program never imports it.
//
// A whole run shares one throwaway cluster: `go run ./server/pg/pgtest/cluster go test ./...` starts it and
// tells the tests by an environment variable. Without that, as in `go test ./server/sale`, the first test of
// each process that asks starts one, which ends with the process at the latest.
//
// The binaries are the pinned ones of tools/postgres, or those of POSTGRES_BIN, never those on PATH.
package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"stampede/server/pg"
)

const (
	// Env is the environment variable that leads to the run's cluster: the URL of its database postgres.
	Env = "PGTEST_URL"

	template = "pgtest_template"
	limit    = time.Minute // of anything that one test asks the cluster for
)

// New gives the test a migrated database of its own, which is closed and dropped when the test ends.
func New(t testing.TB) *pg.DB {
	t.Helper()
	return open(t, URL(t))
}

// Patient is New for a test that stands in somebody's way: who waits for a lock goes on waiting, and who holds one
// keeps it, though the machine stands still for seconds meanwhile.
func Patient(t testing.TB) *pg.DB {
	t.Helper()
	return open(t, URL(t)+"&lock_timeout=60000&idle_in_transaction_session_timeout=0",
		pg.WithTx(pg.TxTimeout(limit), pg.CommitTimeout(limit)))
}

// URL is New for a test that opens the database itself, or starts a server on it.
func URL(t testing.TB) string {
	t.Helper()
	return create(t, template)
}

// Serving is the URL of the same database for the role that serves, with no more than the rights that serving takes.
func Serving(t testing.TB, owner string) string {
	t.Helper()
	u, err := url.Parse(owner)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	u.User = url.User(pg.ServingRole)
	return u.String()
}

// EmptyURL is NewEmpty for a test that opens the database itself.
func EmptyURL(t testing.TB) string {
	t.Helper()
	return create(t, "template0")
}

// NewEmpty gives the test a database without any table.
func NewEmpty(t testing.TB) *pg.DB {
	t.Helper()
	return open(t, EmptyURL(t))
}

// Main runs a package's tests, stops the cluster if this process had to start it, and then fails if a
// goroutine is left: `func TestMain(m *testing.M) { pgtest.Main(m) }`.
func Main(m *testing.M, options ...goleak.Option) {
	code := m.Run()
	if err := stopOwn(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	if err := goleak.Find(options...); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, "pgtest: goroutines are left:", err)
		code = 1
	}
	os.Exit(code)
}

// Start starts a throwaway cluster with the migrated template, for the program pgtest/cluster. The URL is what
// belongs into Env; the caller stops the cluster.
func Start(ctx context.Context) (cluster *pg.Embedded, url string, err error) {
	bin, err := binaries()
	if err != nil {
		return nil, "", err
	}
	cluster, err = pg.StartEmbedded(ctx, pg.EmbeddedConfig{
		Bin:       bin,
		Throwaway: true,
		Settings: map[string]string{
			"max_connections": "300", "wal_level": "minimal", "max_wal_senders": "0", "autovacuum_naptime": "1h",
		},
	})
	if err != nil {
		return nil, "", fmt.Errorf("pgtest: %w", err)
	}
	if err := makeTemplate(ctx, cluster); err != nil {
		return nil, "", errors.Join(fmt.Errorf("pgtest: %w", err), cluster.Stop(context.WithoutCancel(ctx)))
	}
	return cluster, cluster.URL("postgres"), nil
}

func makeTemplate(ctx context.Context, cluster *pg.Embedded) error {
	if err := execute(ctx, cluster.URL("postgres"), `CREATE DATABASE `+template); err != nil {
		return err
	}
	if err := pg.MigrateAs(ctx, cluster.URL(template), cluster.ServingURL(template)); err != nil {
		return err
	}
	return execute(ctx, cluster.URL("postgres"),
		`ALTER DATABASE `+template+` WITH IS_TEMPLATE true ALLOW_CONNECTIONS false`)
}

// binaries finds tools/postgres from any package's folder, which is where go test runs its tests.
func binaries() (string, error) {
	if bin := os.Getenv("POSTGRES_BIN"); bin != "" {
		return bin, nil
	}
	root, err := filepath.Abs(".")
	if err != nil {
		return "", fmt.Errorf("pgtest: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			return pg.FindBinaries(root)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("pgtest: %w", err)
		}
		parent := filepath.Dir(root)
		if parent == root {
			return "", errors.New("pgtest: no go.mod above the working directory, so no tools/postgres: set POSTGRES_BIN")
		}
		root = parent
	}
}

var own struct {
	once    sync.Once
	cluster *pg.Embedded
	url     string
	err     error
}

// server gives the URL of the run's cluster, or of this process's own.
func server(t testing.TB) string {
	t.Helper()
	if url := os.Getenv(Env); url != "" {
		return url
	}
	own.once.Do(func() { own.cluster, own.url, own.err = Start(context.Background()) })
	if own.err != nil {
		t.Fatal(own.err)
	}
	return own.url
}

func stopOwn() error {
	own.once.Do(func() {}) // from here on it is too late to start one
	if own.cluster == nil {
		return nil
	}
	return own.cluster.Stop(context.Background())
}

func create(t testing.TB, from string) string {
	t.Helper()
	admin := server(t)
	name := "test_" + strings.ToLower(rand.Text()[:12])
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if err := execute(ctx, admin, `CREATE DATABASE `+name+` TEMPLATE `+from); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		if err := execute(ctx, admin, `DROP DATABASE `+name+` WITH (FORCE)`); err != nil {
			t.Errorf("pgtest: %v", err)
		}
	})
	u, err := url.Parse(admin)
	if err != nil {
		t.Fatalf("pgtest: %s: %v", Env, err)
	}
	u.Path = "/" + name
	return u.String()
}

func open(t testing.TB, url string, options ...pg.Option) *pg.DB {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	db, err := pg.Open(ctx, url, options...)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("pgtest: close: %v", err)
		}
	})
	return db
}

// execute runs one statement on a connection of its own, so that nothing is left open between tests.
func execute(ctx context.Context, url, statement string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	_, err = conn.Exec(ctx, statement)
	closeErr := conn.Close(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return closeErr
}
