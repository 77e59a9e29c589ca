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
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// server is a server process of our own.
type server struct {
	url         string
	secret      string
	program     string
	environment []string
	folder      string // of its database; empty: another one has that
	log         *tail

	mu      sync.Mutex // guards what follows
	process *process   // nil before the first
	stopped bool
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
	s := &server{url: "http://" + addr + "/graphql", program: program, log: &tail{}}
	if len(others) > 0 {
		s.secret = others[0].secret
		s.environment = s.settings(os.Environ(), addr, "DATABASE_URL="+others[0].database())
	} else {
		s.secret = rand.Text() + rand.Text()
		if s.folder, err = newFolder(); err != nil {
			return nil, err
		}
		s.environment = s.settings(os.Environ(), addr, "DATA_DIR="+s.folder)
	}
	if err := errors.Join(begun.add(s.stop), s.start()); err != nil {
		s.stop()
		return nil, err
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

// settings are the server's: what the shell says of a server elsewhere, its database and who signs its tokens, is not
// for this one.
func (s *server) settings(shell []string, addr, database string) []string {
	return append(without(shell, "DATA_DIR", "DATABASE_URL", "DATABASE_URL_FILE", "DATABASE_OWNER_URL",
		"DATABASE_OWNER_URL_FILE", "POSTGRES_BIN", "METRICS_ADDR", "PPROF_ADDR", "AUTH_SECRET_FILE", "AUTH_SECRET_PREVIOUS",
		"AUTH_SECRET_PREVIOUS_FILE", "AUTH_JWKS_URL", "AUTH_ISSUER", "AUTH_AUDIENCE"),
		"ADDR="+addr, database, "DEMO=true", "AUTH_SECRET="+s.secret, "LOG_LEVEL=warn")
}

// start starts the process, for the first time or again, unless the server has been stopped.
func (s *server) start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return errEnding
	}
	cmd := exec.Command(s.program) //nolint:gosec,noctx // whoever runs this says which; stop ends it
	cmd.Env = s.environment
	cmd.Stdout, cmd.Stderr = s.log, s.log
	p, err := startProcess(cmd)
	if err == nil {
		s.process = p
	}
	return err
}

// ended closes when the process has ended that was started last.
func (s *server) ended() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.process.ended
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
		case <-s.ended():
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
		case <-s.ended():
			_, _ = fmt.Fprintf(w, "The server %s has ended. Its last words:\n%s\n", s.url, s.log)
		default:
		}
	}
}

// stop ends the server for good and removes its data. It may be called twice, also at the same time.
func (s *server) stop() {
	s.mu.Lock()
	s.stopped = true
	p := s.process
	s.mu.Unlock()
	if p != nil {
		p.stop()
	}
	if s.folder != "" {
		_ = os.RemoveAll(s.folder) // what is left is in the folder for temporary files
	}
}

// signal is for a server that was not stopped. Its database is in a group of its own.
func (s *server) signal(sig syscall.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.stopped {
		s.process.signal(sig)
	}
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
