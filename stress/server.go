package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// server is a server process of our own, with its own database on a folder that is removed afterwards.
type server struct {
	url    string
	secret string
	cmd    *exec.Cmd
	ended  chan struct{}
	folder string
	log    *tail
}

const (
	readyLimit = 60 * time.Second
	stopLimit  = 10 * time.Second
)

// startServer starts the program and waits until it can serve.
func startServer(ctx context.Context, program string, stderr io.Writer) (*server, error) {
	if _, err := os.Stat(program); err != nil {
		return nil, fmt.Errorf("there is no %s to start: `make stress` builds it, -target names a running server", program)
	}
	addr, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "stampede-stress-")
	if err != nil {
		return nil, err
	}
	// Started by root, the server runs its database as somebody else, who must be able to pass.
	if err := os.Chmod(folder, 0o711); err != nil { //nolint:gosec // see above
		return nil, err
	}
	s := &server{
		url: "http://" + addr + "/graphql", secret: rand.Text() + rand.Text(), folder: folder,
		cmd: exec.Command(program), ended: make(chan struct{}), log: &tail{}, //nolint:noctx // stop ends it
	}
	s.cmd.Env = s.environment(os.Environ(), addr)
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	s.cmd.SysProcAttr = apart()
	if err := s.start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	if err := s.ready(ctx, "http://"+addr+"/readyz"); err != nil {
		s.stop()
		_, _ = fmt.Fprintf(stderr, "%s", s.log) // its last words
		return nil, err
	}
	return s, nil
}

// environment is the server's: what the shell says of a server elsewhere, its database and who signs its tokens, is not
// for this one.
func (s *server) environment(shell []string, addr string) []string {
	return append(without(shell, "DATABASE_URL", "DATABASE_OWNER_URL", "POSTGRES_BIN", "METRICS_ADDR",
		"AUTH_JWKS_URL", "AUTH_ISSUER", "AUTH_AUDIENCE"),
		"ADDR="+addr, "DATA_DIR="+s.folder, "DEMO=true", "AUTH_SECRET="+s.secret, "LOG_LEVEL=warn")
}

// start starts the process. It is started and awaited on one thread that nobody else uses: on Linux it ends with the
// thread that started it.
func (s *server) start() error {
	started := make(chan error, 1)
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

func (s *server) ready(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, readyLimit)
	defer cancel()
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

// stop ends the server and removes its data.
func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	timer := time.NewTimer(stopLimit)
	defer timer.Stop()
	select {
	case <-s.ended:
	case <-timer.C:
		_ = s.cmd.Process.Kill()
		<-s.ended
	}
	_ = os.RemoveAll(s.folder) // what is left is in the folder for temporary files
}

func freeAddress(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
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
