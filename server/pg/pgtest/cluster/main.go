// Command cluster starts the throwaway PostgreSQL that a whole test run shares, runs a command beside it, and
// ends with the command's exit code:
//
//	go run ./server/pg/pgtest/cluster go test -race ./...
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"stampede/server/pg/pgtest"
)

// Exit codes of its own, as shells use them.
const (
	failed    = 1
	usage     = 2
	cannotRun = 127
	signalled = 128
)

func main() { os.Exit(run(os.Args[1:])) }

func run(command []string) int {
	if len(command) == 0 {
		fmt.Fprintln(os.Stderr, "usage: cluster COMMAND [ARGUMENT ...]")
		return usage
	}
	// Before anything is started: a signal from here on must not leave a cluster behind.
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	defer signal.Stop(signals)

	ctx := context.Background()
	cluster, url, err := pgtest.Start(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return failed
	}
	code := beside(command, append(os.Environ(), pgtest.Env+"="+url), signals)
	if err := cluster.Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, failed)
	}
	if err := cluster.Stop(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, failed)
	}
	return code
}

// beside runs the command with this program's own input and output, passes signals on to it, and gives its
// exit code.
func beside(command, env []string, signals <-chan os.Signal) int {
	cmd := exec.Command(command[0], command[1:]...) //nolint:gosec,noctx // the command is what it is for; signals end it
	cmd.Env = env
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		return cannotRun
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case sig := <-signals:
			_ = cmd.Process.Signal(sig)
		case err := <-ended:
			return exitCode(err)
		}
	}
}

func exitCode(err error) int {
	if err == nil {
		return 0
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		return failed
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return signalled + int(status.Signal())
	}
	return exit.ExitCode()
}
