package pg_test

import (
	"context"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/server/pg"
)

// folder is a data folder to be, in a place that PostgreSQL's user can get to (t.TempDir is not one).
func folder(t *testing.T, below ...string) string {
	t.Helper()
	base, err := os.MkdirTemp("", "stampede-pg-test-") //nolint:usetesting // PostgreSQL's user can't enter t.TempDir
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(base)) })
	require.NoError(t, os.Chmod(base, 0o755))
	return filepath.Join(append(append([]string{base}, below...), "postgres")...)
}

func config(t *testing.T, dir string) pg.EmbeddedConfig {
	t.Helper()
	return pg.EmbeddedConfig{Bin: pinned(t), Dir: dir, Throwaway: true}
}

func start(t *testing.T, cfg pg.EmbeddedConfig) *pg.Embedded {
	t.Helper()
	e, err := pg.StartEmbedded(bounded(t), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, e.Stop(context.Background())) })
	return e
}

// ask runs one statement on a connection of its own and gives the one value that it returns.
func ask[T any](t *testing.T, url, query string, args ...any) T {
	t.Helper()
	ctx := bounded(t)
	conn, err := pgx.Connect(ctx, url)
	require.NoError(t, err)
	defer func() { assert.NoError(t, conn.Close(ctx)) }()
	var value T
	require.NoError(t, conn.QueryRow(ctx, query, args...).Scan(&value))
	return value
}

func TestEmbeddedIsDurablePostgres18AndKeepsItsData(t *testing.T) {
	t.Parallel()
	cfg := config(t, folder(t))
	cfg.Throwaway = false
	first := start(t, cfg)
	url := first.URL(pg.Database)
	assert.Equal(t, 18, ask[int](t, url, `SELECT current_setting('server_version_num')::int / 10000`))
	for _, setting := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
		assert.Equal(t, "on", ask[string](t, url, `SELECT current_setting($1)`, setting))
	}
	assert.Empty(t, ask[string](t, url, `SELECT current_setting('listen_addresses')`))
	ask[string](t, url, `SELECT lo_from_bytea(4711, 'kept')::text`)

	require.NoError(t, first.Err())
	require.NoError(t, first.Stop(bounded(t)))
	require.NoError(t, first.Stop(bounded(t)), "a second Stop")
	require.NoError(t, first.Err(), "Stop is not an accident")
	<-first.Done()
	assert.NoDirExists(t, first.Socket())

	second := start(t, cfg)
	assert.Equal(t, "kept", string(ask[[]byte](t, second.URL(pg.Database), `SELECT lo_get(4711)`)))
}

func TestEmbeddedIsOutOfReachOfTheTerminalsSignals(t *testing.T) {
	t.Parallel()
	e := start(t, config(t, folder(t)))
	group, err := syscall.Getpgid(e.Pid())
	require.NoError(t, err)
	assert.NotEqual(t, syscall.Getpgrp(), group)
}

func TestEmbeddedLeavesNothingAfterItsOwnerWasKilled(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	owner, line := child(t, dir, pinned(t), ready)
	_, url, _ := strings.Cut(line, ready)
	ask[string](t, url, `SELECT lo_from_bytea(4711, 'kept')::text`)
	orphan := postmaster(t, dir)
	require.True(t, pg.IsPostgresOn(orphan, dir))

	require.NoError(t, owner.Process.Kill())
	_ = owner.Wait()
	if runtime.GOOS == "linux" {
		require.Eventually(t, func() bool { return !pg.IsPostgresOn(orphan, dir) }, limit, tick,
			"it follows its owner; elsewhere the next start sees to it")
	}

	e := start(t, config(t, dir))
	assert.NotEqual(t, orphan, e.Pid())
	assert.False(t, pg.IsPostgresOn(orphan, dir), "the old postgres is gone before the new one serves")
	assert.Equal(t, "kept", string(ask[[]byte](t, e.URL(pg.Database), `SELECT lo_get(4711)`)))
}

func TestEmbeddedStopsAPostgresThatHasLostItsOwner(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	e := start(t, config(t, dir))
	require.NoError(t, e.Stop(bounded(t)))
	orphan, ended, err := pg.StartOrphan(e, dir)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		content, err := os.ReadFile(filepath.Join(dir, "postmaster.pid"))
		return err == nil && strings.Contains(string(content), "ready")
	}, limit, tick)

	next := start(t, config(t, dir))
	<-ended
	assert.NotEqual(t, orphan, next.Pid())
	assert.Equal(t, 1, ask[int](t, next.URL(pg.Database), `SELECT 1`))
}

func TestEmbeddedIsNotFooledByAReusedProcessID(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	e := start(t, config(t, dir))
	pidFile := filepath.Join(dir, "postmaster.pid")
	content, err := os.ReadFile(pidFile)
	require.NoError(t, err)
	require.NoError(t, e.Stop(bounded(t)))
	// A process of the same user, which postgres would take for a living postmaster.
	other := exec.Command("sleep", "1000")
	other.SysProcAttr, other.Dir = pg.AsAccountOf(e), "/"
	require.NoError(t, other.Start())
	defer func() { _ = other.Process.Kill(); _ = other.Wait() }()
	_, rest, _ := strings.Cut(string(content), "\n")
	stale := strconv.Itoa(other.Process.Pid) + "\n" + rest
	require.NoError(t, os.WriteFile(pidFile, []byte(stale), 0o644))

	start(t, config(t, dir))
	require.NoError(t, other.Process.Signal(syscall.Signal(0)), "and leaves that process alone")
}

func TestEmbeddedFolderHasOneOwner(t *testing.T) {
	t.Parallel()
	cfg := config(t, folder(t))
	first := start(t, cfg)

	_, err := pg.StartEmbedded(bounded(t), cfg)
	require.ErrorIs(t, err, pg.ErrFolderInUse)
	assert.ErrorContains(t, err, "process "+strconv.Itoa(os.Getpid()))
	assert.Equal(t, 1, ask[int](t, first.URL(pg.Database), `SELECT 1`), "the first one goes on")
}

func TestEmbeddedTellsWhenPostgresDies(t *testing.T) {
	t.Parallel()
	cfg := config(t, folder(t))
	e := start(t, cfg)
	require.NoError(t, syscall.Kill(e.Pid(), syscall.SIGKILL))
	<-e.Done()
	require.ErrorIs(t, e.Err(), pg.ErrEnded)
	require.NoError(t, e.Stop(bounded(t)))

	again := start(t, cfg)
	assert.Equal(t, 1, ask[int](t, again.URL(pg.Database), `SELECT 1`))
}

func TestEmbeddedOutwaitsBackendsThatOutliveTheirPostmaster(t *testing.T) {
	t.Parallel()
	cfg := config(t, folder(t))
	e := start(t, cfg)
	conn, err := pgx.Connect(bounded(t), e.URL(pg.Database))
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	backend := int(conn.PgConn().PID())
	require.NoError(t, syscall.Kill(backend, syscall.SIGSTOP))       // too busy to notice
	t.Cleanup(func() { _ = syscall.Kill(backend, syscall.SIGCONT) }) // should the test end early: it ends by itself
	require.NoError(t, syscall.Kill(e.Pid(), syscall.SIGKILL))
	require.NoError(t, e.Stop(bounded(t)))

	cfg.Log = slog.New(&watch{until: "pre-existing shared memory block", seen: sync.OnceFunc(func() {
		assert.NoError(t, syscall.Kill(backend, syscall.SIGCONT))
	})})
	again := start(t, cfg)
	assert.Equal(t, 1, ask[int](t, again.URL(pg.Database), `SELECT 1`))
}

// watch is a log handler that waits for what postgres says.
type watch struct {
	until string
	seen  func()
}

func (w *watch) Enabled(context.Context, slog.Level) bool { return true }
func (w *watch) WithAttrs([]slog.Attr) slog.Handler       { return w }
func (w *watch) WithGroup(string) slog.Handler            { return w }
func (w *watch) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if strings.Contains(a.Value.String(), w.until) {
			w.seen()
		}
		return true
	})
	return nil
}

func TestEmbeddedStopIsBoundedByItsContext(t *testing.T) {
	t.Parallel()
	e := start(t, config(t, folder(t)))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.NoError(t, e.Stop(ctx), "impatient, and stopped all the same")
	<-e.Done()
}

func postmaster(t *testing.T, dir string) int {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, "postmaster.pid"))
	require.NoError(t, err)
	first, _, _ := strings.Cut(string(content), "\n")
	pid, err := strconv.Atoi(first)
	require.NoError(t, err)
	return pid
}
