package pg_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"stampede/server/pg"
	"stampede/server/pg/pgtest"
)

// TestMain is also the program that the tests kill: with childDir set it owns an embedded server.
func TestMain(m *testing.M) {
	if os.Getenv(childDir) != "" {
		ownUntilKilled()
		return
	}
	pgtest.Main(m)
}

const (
	childDir = "PG_TEST_CHILD_DIR"
	childBin = "PG_TEST_CHILD_BIN"
	ready    = "the child is ready: "
)

func ownUntilKilled() {
	log := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{Level: slog.LevelDebug}))
	e, err := pg.StartEmbedded(context.Background(), pg.EmbeddedConfig{
		Bin: os.Getenv(childBin), Dir: os.Getenv(childDir), Log: log,
	})
	if err != nil {
		_, _ = fmt.Fprintln(os.Stdout, err)
		os.Exit(1)
	}
	_, _ = fmt.Fprintln(os.Stdout, ready+e.URL(pg.Database))
	<-e.Done()
}

// child starts the program above and returns once it has printed a line that contains until.
func child(t *testing.T, dir, bin, until string) (cmd *exec.Cmd, line string) {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	cmd = exec.Command(exe)
	cmd.Env = append(os.Environ(), childDir+"="+dir, childBin+"="+bin)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	cmd.Stderr = os.Stderr
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	lines := bufio.NewScanner(out)
	var seen []string
	for lines.Scan() {
		seen = append(seen, lines.Text())
		if strings.Contains(lines.Text(), until) {
			return cmd, lines.Text()
		}
	}
	require.FailNow(t, "the child ended", strings.Join(seen, "\n"))
	return nil, ""
}

// bounded is a context that ends a test which hangs.
func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// pinned is the folder of the pinned binaries.
func pinned(t *testing.T) string {
	t.Helper()
	if bin := os.Getenv("POSTGRES_BIN"); bin != "" {
		return bin
	}
	bin, err := pg.FindBinaries("../..")
	require.NoError(t, err)
	return bin
}
