package pg_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/server/pg"
)

const (
	limit = 30 * time.Second
	tick  = 5 * time.Millisecond
)

// binariesWith is a folder with the pinned postgres and an initdb that is the given shell script; its $2 is
// the folder that it is to fill.
func binariesWith(t *testing.T, initdb string) string {
	t.Helper()
	bin := filepath.Dir(folder(t))
	require.NoError(t, os.Symlink(filepath.Join(pinned(t), "postgres"), filepath.Join(bin, "postgres")))
	require.NoError(t, os.WriteFile(filepath.Join(bin, "initdb"), []byte("#!/bin/sh\n"+initdb), 0o755))
	return bin
}

func TestInitdbThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	cfg := config(t, folder(t))
	cfg.Bin = binariesWith(t, `echo 18 > "$2/PG_VERSION"; echo the disk is full; exit 1`)
	_, err := pg.StartEmbedded(bounded(t), cfg)
	require.ErrorContains(t, err, "the disk is full")
	assert.NoDirExists(t, cfg.Dir)
	assertOnlyTheLock(t, cfg.Dir)

	start(t, config(t, cfg.Dir))
}

func TestInitdbThatWasKilledWithItsOwnerLeavesNoHalfCluster(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	bin := binariesWith(t, `echo 18 > "$2/PG_VERSION"; echo half; exec sleep 1000`)
	owner, _ := child(t, dir, bin, "half")
	unfinished, err := filepath.Glob(dir + ".initdb-*")
	require.NoError(t, err)
	require.Len(t, unfinished, 1)

	require.NoError(t, owner.Process.Kill())
	_ = owner.Wait()

	e := start(t, config(t, dir))
	assert.Equal(t, 1, ask[int](t, e.URL(pg.Database), `SELECT 1`))
	assert.NoDirExists(t, unfinished[0])
}

func TestInitdbEndsWithItsContext(t *testing.T) {
	t.Parallel()
	cfg := config(t, folder(t))
	cfg.Bin = binariesWith(t, `exec sleep 1000`)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := pg.StartEmbedded(ctx, cfg)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assertOnlyTheLock(t, cfg.Dir)
}

func assertOnlyTheLock(t *testing.T, dir string) {
	t.Helper()
	left, err := os.ReadDir(filepath.Dir(dir))
	require.NoError(t, err)
	require.Len(t, left, 1)
	assert.Equal(t, "postgres.lock", left[0].Name())
}

func TestClusterOfAnotherVersionIsRefusedUntouched(t *testing.T) {
	t.Parallel()
	cfg := config(t, folder(t))
	require.NoError(t, os.Mkdir(cfg.Dir, 0o700))
	version := filepath.Join(cfg.Dir, "PG_VERSION")
	require.NoError(t, os.WriteFile(version, []byte("15\n"), 0o600))

	_, err := pg.StartEmbedded(bounded(t), cfg)
	require.ErrorIs(t, err, pg.ErrOtherVersion)
	require.ErrorContains(t, err, "is version 15")
	content, err := os.ReadFile(version)
	require.NoError(t, err)
	assert.Equal(t, "15\n", string(content))
}

func TestFolderOfOtherThingsIsRefused(t *testing.T) {
	t.Parallel()
	cfg := config(t, folder(t))
	require.NoError(t, os.Mkdir(cfg.Dir, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(cfg.Dir, "thesis.tex"), nil, 0o600))

	_, err := pg.StartEmbedded(bounded(t), cfg)
	require.ErrorIs(t, err, pg.ErrNotACluster)
	assert.FileExists(t, filepath.Join(cfg.Dir, "thesis.tex"))
}

func TestEmptyFolderBecomesTheCluster(t *testing.T) {
	t.Parallel()
	cfg := config(t, folder(t))
	require.NoError(t, os.Mkdir(cfg.Dir, 0o755))
	start(t, cfg)
	info, err := os.Stat(cfg.Dir)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o700), info.Mode().Perm())
}

func TestFolderThatPostgresCannotReachIsNamed(t *testing.T) {
	t.Parallel()
	dir := folder(t, "closed", "below")
	closed := filepath.Dir(filepath.Dir(dir))
	require.NoError(t, os.Mkdir(closed, 0o700))
	if os.Geteuid() != 0 { // an ordinary user is its own PostgreSQL's user, who may enter
		start(t, config(t, dir))
		return
	}

	_, err := pg.StartEmbedded(bounded(t), config(t, dir))
	require.ErrorIs(t, err, pg.ErrFolderClosed)
	assert.ErrorContains(t, err, "may not enter "+closed+" ")
	assert.ErrorContains(t, err, "chmod o+x "+closed)
}

func TestFoldersWithHardNames(t *testing.T) {
	t.Parallel()
	names := map[string]string{
		"longer than a socket's path":          strings.Repeat("long", 30),
		"with what a list of folders quotes":   `a "b" c's [d]*+%20`,
		"with what a connection string splits": `a,b`,
	}
	for what, name := range names {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			cfg := config(t, folder(t, name))
			e := start(t, cfg)
			assert.Equal(t, 1, ask[int](t, e.URL(pg.Database), `SELECT 1`))
			require.NoError(t, e.Stop(bounded(t)))
			assert.NoDirExists(t, e.Socket())
		})
	}
}

func TestServerThatDoesNotStartGivesItsLastWords(t *testing.T) {
	t.Parallel()
	cfg := config(t, folder(t))
	cfg.Settings = map[string]string{"shared_buffers": "a few"}
	_, err := pg.StartEmbedded(bounded(t), cfg)
	require.ErrorContains(t, err, `invalid value for parameter "shared_buffers": "a few"`)
}

func TestThrowawayClusterTakesItsFolderAlong(t *testing.T) {
	t.Parallel()
	e := start(t, config(t, ""))
	temp := filepath.Dir(e.Socket())
	assert.DirExists(t, temp)
	require.NoError(t, e.Stop(bounded(t)))
	assert.NoDirExists(t, temp)
}

func TestMissingBinariesAreNamed(t *testing.T) {
	t.Parallel()
	_, err := pg.FindBinaries(t.TempDir())
	require.ErrorIs(t, err, pg.ErrNoBinaries)
	assert.ErrorContains(t, err, "make postgres")

	_, err = pg.StartEmbedded(bounded(t), pg.EmbeddedConfig{Bin: t.TempDir(), Dir: folder(t)})
	require.ErrorIs(t, err, pg.ErrNoBinaries)
}
