package main

import (
	"bufio"
	"bytes"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/graph"
	"stampede/server/pg"
	"stampede/server/web"
	servers "stampede/tools/process"
)

// process is a server in a process of its own.
type process struct {
	*house
	cmd  *exec.Cmd
	said *bytes.Buffer // on its standard error; to be read once it has ended
}

// startProcess starts a server with the embedded PostgreSQL.
func startProcess(t *testing.T, dataDir string) *process {
	t.Helper()
	bin, err := pg.FindBinaries("..")
	require.NoError(t, err)
	return startServer(t, "DATA_DIR="+dataDir, "POSTGRES_BIN="+bin)
}

// startServer starts this test binary as the server with these settings, and waits until it has printed where it is.
func startServer(t *testing.T, settings ...string) *process {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(servers.Environ(serveVariable+"=1", "ADDR=127.0.0.1:0", "DEMO=true", "AUTH_SECRET="+testSecret),
		settings...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may be gone
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(stderr.String())
		}
	})
	url := ""
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if _, page, found := strings.Cut(lines.Text(), "The page"); found {
			url = strings.TrimSuffix(strings.TrimSpace(page), "/")
		}
		if strings.Contains(lines.Text(), "Ctrl-C") {
			break
		}
	}
	require.NotEmpty(t, url, "the server did not start")
	auth := web.NewAuth(t.Context(), web.AuthConfig{Secret: testSecret, Audience: "stampede"}, nil)
	client := &http.Client{Transport: &http.Transport{}, Timeout: waitLimit}
	t.Cleanup(client.CloseIdleConnections)
	return &process{house: &house{App: &App{auth: auth}, client: client, url: url}, cmd: cmd, said: &stderr}
}

// postgresOf is the process id of the PostgreSQL that serves a data folder.
func postgresOf(t *testing.T, dataDir string) int {
	t.Helper()
	file, err := os.ReadFile(filepath.Join(dataDir, "postgres", "postmaster.pid"))
	require.NoError(t, err)
	first, _, _ := strings.Cut(string(file), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	require.NoError(t, err)
	return pid
}

// gone says whether a process has ended; one that is still to be collected by init has.
func gone(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return true
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && strings.Contains(string(stat), ") Z ")
}

// dataFolder is a folder that the user whom PostgreSQL runs as can reach.
func dataFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "stampede-test-") //nolint:usetesting // t.TempDir is closed to other users
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755)) // PostgreSQL runs as another user when this is root
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(dir)) })
	return dir
}

// TestKilledAndStartedAgain: a confirmed purchase outlives kill -9, and no PostgreSQL is left from before.
func TestKilledAndStartedAgain(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	first := startProcess(t, dir)
	id := first.schedule(t, 10)
	bought := first.buy(t, "ann", id, "k")
	require.Equal(t, "PurchaseSuccess", bought["__typename"])
	before := postgresOf(t, dir)

	require.NoError(t, first.cmd.Process.Kill())
	_ = first.cmd.Wait() // it says "killed"
	second := startProcess(t, dir)
	assert.NotEqual(t, before, postgresOf(t, dir))
	assert.True(t, gone(before), "no PostgreSQL is left from before")

	again := second.buy(t, "ann", id, "k")
	assert.Equal(t, true, again["replayed"])
	assert.Equal(t, at(t, bought, "purchase.id"), at(t, again, "purchase.id"))
	status := second.must(t, second.token(t, "ann", graph.ScopeShopper), `{ saleStatus(saleId: "`+id+`") { sold viewerPurchase { id } } }`,
		nil, "saleStatus")
	assert.Equal(t, at(t, bought, "purchase.id"), at(t, status, "viewerPurchase.id"))

	now := postgresOf(t, dir)
	require.NoError(t, second.cmd.Process.Signal(os.Interrupt))
	require.NoError(t, second.cmd.Wait(), "Ctrl-C is a good end")
	assert.True(t, gone(now), "and PostgreSQL has ended with it")
}

// TestKilledLeavesNoPostgres needs no second start where the kernel tells children of their parent's death.
func TestKilledLeavesNoPostgres(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	server := startProcess(t, dir)
	postgres := postgresOf(t, dir)
	require.NoError(t, server.cmd.Process.Kill())
	_ = server.cmd.Wait() // it says "killed"
	require.Eventually(t, func() bool { return gone(postgres) }, waitLimit, 10*time.Millisecond)
}

func TestASecondServerOnTheSameFolderIsRefused(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	first := startProcess(t, dir)
	bin, err := pg.FindBinaries("..")
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = servers.Environ(serveVariable+"=1", "ADDR=127.0.0.1:0", "DEMO=true", "DATA_DIR="+dir, "POSTGRES_BIN="+bin)
	said, err := cmd.CombinedOutput()
	require.Error(t, err)
	assert.NotContains(t, string(said), "goroutine")
	assert.Contains(t, string(said), dir, "the sentence names the folder")
	first.schedule(t, 1) // the first one is not disturbed
}
