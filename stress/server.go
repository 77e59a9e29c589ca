package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// server is a server process of our own.
type server struct {
	url    string
	secret string
	cmd    *exec.Cmd
	ended  chan struct{}
	folder string // of its database; empty: another one has that
	log    *tail
}

// servers share the database that the first of them has, on a folder that is removed afterwards.
type servers []*server

const (
	readyLimit = 60 * time.Second
	stopLimit  = 10 * time.Second
	maxServers = 3 // as many as the embedded PostgreSQL has connections for (docs/operations.md)
)

// startServers starts the program so many times, and waits until each can serve.
func startServers(ctx context.Context, program string, n int, stderr io.Writer) (all servers, err error) {
	if _, err := os.Stat(program); err != nil {
		return nil, fmt.Errorf("there is no %s to start: `make stress` builds it, -target names a running server", program)
	}
	for range n {
		s, err := startServer(ctx, program, all, stderr)
		if err != nil {
			all.stop()
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// startServer starts the program beside others, and waits until it can serve.
func startServer(ctx context.Context, program string, others servers, stderr io.Writer) (*server, error) {
	addr, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	s := &server{
		url: "http://" + addr + "/graphql",
		cmd: exec.Command(program), ended: make(chan struct{}), log: &tail{}, //nolint:noctx // stop ends it
	}
	if len(others) > 0 {
		s.secret = others[0].secret
		s.cmd.Env = s.environment(os.Environ(), addr, "DATABASE_URL="+others[0].database())
	} else {
		s.secret = rand.Text() + rand.Text()
		if s.folder, err = newFolder(); err != nil {
			return nil, err
		}
		s.cmd.Env = s.environment(os.Environ(), addr, "DATA_DIR="+s.folder)
	}
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	s.cmd.SysProcAttr = apart()
	if err := s.start(); err != nil {
		return nil, errors.Join(err, s.removeFolder())
	}
	if err := s.ready(ctx); err != nil {
		s.stop()
		_, _ = fmt.Fprintf(stderr, "%s", s.log) // its last words
		return nil, err
	}
	return s, nil
}

func newFolder() (string, error) {
	folder, err := os.MkdirTemp("", "stampede-stress-")
	if err != nil {
		return "", err
	}
	// Started by root, the server runs its database as somebody else, who must be able to pass.
	return folder, os.Chmod(folder, 0o711) //nolint:gosec // see above
}

// database is the URL of the database that the server has in its folder (docs/operations.md).
func (s *server) database() string {
	where := url.Values{"host": {filepath.Join(s.folder, "postgres.run")}, "user": {"stampede_server"}}
	return "postgres:///stampede?" + where.Encode()
}

// environment is the server's: what the shell says of a server elsewhere, its database and who signs its tokens, is not
// for this one.
func (s *server) environment(shell []string, addr, database string) []string {
	return append(without(shell, "DATA_DIR", "DATABASE_URL", "DATABASE_OWNER_URL", "POSTGRES_BIN", "METRICS_ADDR",
		"PPROF_ADDR", "AUTH_SECRET_PREVIOUS", "AUTH_JWKS_URL", "AUTH_ISSUER", "AUTH_AUDIENCE"),
		"ADDR="+addr, database, "DEMO=true", "AUTH_SECRET="+s.secret, "LOG_LEVEL=warn")
}

// start starts the process. It is started and awaited on one thread that nobody else uses: on Linux it ends with the
// thread that started it.
func (s *server) start() error {
	started := make(chan error, 1)
	s.cmd.WaitDelay = time.Second // what it has started may keep its output open
	go func() {
		runtime.LockOSThread()
		defer close(s.ended)
		err := s.cmd.Start()
		started <- err
		if err == nil {
			_ = s.cmd.Wait() // how it ended is of no interest
		}
	}()
	return <-started
}

func (s *server) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyLimit)
	defer cancel()
	address := strings.TrimSuffix(s.url, "graphql") + "readyz"
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
		if err != nil {
			return err
		}
		if response, err := http.DefaultClient.Do(request); err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ticker.C:
		case <-s.ended:
			return errors.New("the server ended before it was ready")
		case <-ctx.Done():
			return errors.New("the server did not become ready")
		}
	}
}

// stop ends the servers, the one that has the database last.
func (all servers) stop() {
	for _, s := range slices.Backward(all) {
		s.stop()
	}
}

// reportDeaths tells the last words of servers that have ended and were not stopped.
func (all servers) reportDeaths(w io.Writer) {
	for _, s := range all {
		select {
		case <-s.ended:
			_, _ = fmt.Fprintf(w, "The server %s has ended. Its last words:\n%s\n", s.url, s.log)
		default:
		}
	}
}

// stop ends the server and removes its data.
func (s *server) stop() {
	s.signal(syscall.SIGTERM)
	timer := time.NewTimer(stopLimit)
	defer timer.Stop()
	select {
	case <-s.ended:
	case <-timer.C:
		s.signal(syscall.SIGKILL)
		<-s.ended
	}
	_ = s.removeFolder() // what is left is in the folder for temporary files
}

// signal reaches the server also where its program is a script that has started it: they are a group. Its database has
// one of its own.
func (s *server) signal(sig syscall.Signal) {
	select {
	case <-s.ended: // it has no process, or one whose number may be another's by now
	default:
		_ = syscall.Kill(-s.cmd.Process.Pid, sig) // it may end at this moment
	}
}

func (s *server) removeFolder() error {
	if s.folder == "" {
		return nil
	}
	return os.RemoveAll(s.folder)
}

// The ports below those that systems take for connections of their clients: one of these could be taken by somebody who
// knocks while the server is killed, and it could not come back.
const firstPort, ports = 15_000, 15_000

func freeAddress(ctx context.Context) (string, error) {
	var failed error
	for range 100 {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", firstPort+mathrand.IntN(ports)))
		if err == nil {
			return l.Addr().String(), l.Close()
		}
		failed = err
	}
	return "", failed
}

func without(env []string, names ...string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(e string) bool {
		name, _, _ := strings.Cut(e, "=")
		return slices.Contains(names, name)
	})
}

// tail keeps the last words of a program.
type tail struct {
	mu    sync.Mutex
	words bytes.Buffer
}

const tailSize = 8 << 10

// Write keeps the end of what was written.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.words.Write(p)
	if n := t.words.Len(); n > tailSize {
		t.words.Next(n - tailSize)
	}
	return len(p), nil
}

// String is what is kept.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.words.String()
}
