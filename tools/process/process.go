// Package process runs a server in a process of its own, for the tools that measure it, and says what processes use.
package process

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os/exec"
	"syscall"
	"time"
)

const (
	readyLimit = time.Minute
	readyEvery = 20 * time.Millisecond
)

// Start starts a server that will listen on addr (host:port), and returns once /readyz says that it can serve. On an
// error no process is left.
func Start(ctx context.Context, server *exec.Cmd, addr string) error {
	if err := server.Start(); err != nil {
		return fmt.Errorf("start %s (make build makes it): %w", server.Path, err)
	}
	if err := awaitReady(ctx, addr); err != nil {
		return errors.Join(err, Stop(server))
	}
	return nil
}

func awaitReady(ctx context.Context, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, readyLimit)
	defer cancel()
	ticker := time.NewTicker(readyEvery)
	defer ticker.Stop()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/readyz", http.NoBody)
		if err != nil {
			return err
		}
		if response, err := http.DefaultClient.Do(request); err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("the server did not get ready: %w", ctx.Err())
		}
	}
}

// Stop asks a server to end, and waits for it.
func Stop(server *exec.Cmd) error {
	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return server.Wait()
}

// The ports below those that a system gives to whoever asks for any: it would give one of these away before, or between
// two times that, a server listens there.
const firstPort, ports = 10_000, 20_000

// FreeAddress is one of this machine where nobody listens just now.
func FreeAddress(ctx context.Context) (string, error) {
	var failed error
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", firstPort+rand.IntN(ports))
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
		if err == nil {
			return address, listener.Close()
		}
		failed = err
	}
	return "", failed
}
