package main

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/stress/report"
)

// dies, in the environment, lets that server die of its fifth sale.
const dies = "STRESS_TEST_DIES"

// serveOwn is a server as stress starts it: it says its process in its folder, and once something is sold there.
func serveOwn() {
	folder := os.Getenv("DATA_DIR")
	shop := &wrongShop{watchers: map[chan map[string]any]bool{}, onSale: func(n int) {
		switch {
		case n != 5:
		case os.Getenv(dies) != "":
			_, _ = os.Stderr.WriteString("its last words\n")
			os.Exit(1)
		default:
			_ = os.WriteFile(filepath.Join(folder, "sold"), nil, 0o600)
		}
	}}
	_ = os.WriteFile(filepath.Join(folder, "pid"), []byte(strconv.Itoa(os.Getpid())), 0o600)
	http.HandleFunc("/readyz", func(http.ResponseWriter, *http.Request) {})
	http.Handle("/graphql", shop)
	_ = http.ListenAndServe(os.Getenv("ADDR"), nil) // until stress ends it
}

// withOwn is this program with a server of its own, a small crowd, and a folder for what is temporary.
func withOwn(ctx context.Context, server, temporary, scenario string, args ...string) *exec.Cmd {
	self, _ := os.Executable() // where it cannot be found, the command says so
	all := []string{"run", scenario, "-rate", "100", "-watchers", "0", "-connections", "5", "-server", server, "-report", "-"}
	cmd := exec.CommandContext(ctx, self, append(all, args...)...)
	cmd.Env = append(os.Environ(), asProgram+"=1", "TMPDIR="+temporary)
	return cmd
}

// TestATerminalThatIsClosed interrupts as Ctrl-C does: there is a report, and neither server nor folder is left behind.
func TestATerminalThatIsClosed(t *testing.T) {
	t.Parallel()
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, syscall.SIGHUP) // so that the program hears of it under nohup, too
	defer signal.Stop(heard)
	self, err := os.Executable()
	require.NoError(t, err)
	dir, temporary := t.TempDir(), t.TempDir()
	numbers := filepath.Join(dir, "run.json")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := withOwn(ctx, self, temporary, "steady", "-duration", "10m", "-json", numbers)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	require.NoError(t, cmd.Start())
	found := func(name string) []string {
		files, err := filepath.Glob(filepath.Join(temporary, "*", name))
		require.NoError(t, err)
		return files
	}
	require.Eventually(t, func() bool { return len(found("sold")) == 1 }, time.Minute, 10*time.Millisecond)
	pid, err := strconv.Atoi(read(t, found("pid")[0]))
	require.NoError(t, err)

	require.NoError(t, cmd.Process.Signal(syscall.SIGHUP))
	_ = cmd.Wait() // its exit code is looked at
	assert.Equal(t, exitBroken, cmd.ProcessState.ExitCode(), &said)
	assert.ErrorIs(t, syscall.Kill(pid, 0), syscall.ESRCH, "the server is gone")
	assert.Empty(t, found(""), "and so is its folder")
	result, err := report.Read(numbers)
	require.NoError(t, err)
	assert.True(t, result.Interrupted)
}

// TestAServerOfOurOwnThatDies under the load tells why, and there is a report.
func TestAServerOfOurOwnThatDies(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	require.NoError(t, err)
	numbers := filepath.Join(t.TempDir(), "run.json")
	cmd := withOwn(t.Context(), self, t.TempDir(), "steady", "-duration", "200ms", "-patience", "100ms", "-json", numbers)
	cmd.Env = append(cmd.Env, dies+"=1")
	said, err := cmd.CombinedOutput()
	require.Error(t, err)
	assert.Equal(t, exitFailed, cmd.ProcessState.ExitCode())
	assert.Contains(t, string(said), "does not answer")
	assert.Contains(t, string(said), "its last words")
	result, err := report.Read(numbers)
	require.NoError(t, err, "what was played is told all the same")
	assert.True(t, result.Unread)
	assert.Positive(t, result.Summary.Outcomes["bought"])
}

// TestAServerOfOurOwnIsNotTheShells: what the shell has for another server stays there, and the limits are kept.
func TestAServerOfOurOwnIsNotTheShells(t *testing.T) {
	t.Parallel()
	own := &server{folder: "f", secret: "s"}
	shell := []string{
		"PATH=p", "RATE_PER_ADDRESS=9", "ADDR=old", "DATA_DIR=d", "DATABASE_URL=u", "DATABASE_OWNER_URL=o", "METRICS_ADDR=m",
		"AUTH_JWKS_URL=j", "AUTH_ISSUER=i", "AUTH_AUDIENCE=a", "AUTH_SECRET=old", "AUTH_SECRET_PREVIOUS=older",
		"DATABASE_URL_FILE=u", "DATABASE_OWNER_URL_FILE=o", "AUTH_SECRET_FILE=old", "AUTH_SECRET_PREVIOUS_FILE=older",
	}
	for _, database := range []string{"DATA_DIR=f", "DATABASE_URL=" + own.database()} {
		cmd := exec.Command("server")
		cmd.Env = own.settings(shell, "a:1", database)
		assert.ElementsMatch(t, []string{
			"PATH=p", "RATE_PER_ADDRESS=9", "ADDR=a:1", database, "DEMO=true", "AUTH_SECRET=s", "LOG_LEVEL=warn",
		}, cmd.Environ())
	}
}
