// Command server is Stampede: a flash-sale server that never oversells, never sells two to one shopper, and never
// forgets a purchase that it has confirmed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"

	"stampede/graph"
	"stampede/server/heap"
	"stampede/server/web"
)

func main() { os.Exit(program(os.Args[1:])) }

// program carries out one command, and returns the process's exit code.
func program(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second Ctrl-C does not wait for a good end
	err := run(ctx, args, os.Stdout, os.Stderr)
	stop()
	if err != nil {
		report(os.Stderr, err)
		return 1
	}
	return 0
}

// run carries out one command until it is done or ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	command := ""
	if len(args) > 0 {
		command = args[0]
	}
	switch command {
	case "-h", "-help", "--help", "help":
		printHelp(stdout)
		return nil
	case "-version", "--version", "version":
		_, err := fmt.Fprintln(stdout, "stampede", version())
		return err
	case "":
		return serve(ctx, stdout, stderr)
	case "token":
		return mintToken(ctx, args[1:], stdout, stderr)
	case "health":
		return askHealth(ctx, stdout)
	default:
		return fmt.Errorf("there is no command %q (stampede -help lists them)", command)
	}
}

// serve runs the server until ctx ends or it fails.
func serve(ctx context.Context, stdout, stderr io.Writer) error {
	cfg, log, err := configure(stderr)
	if err != nil {
		return err
	}
	cfg.warnOfDescriptors(log)
	app, err := NewApp(ctx, cfg, log)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		log.Info("stopped before it served", "err", err)
		return nil
	}
	if err != nil {
		return err
	}
	var keeping sync.WaitGroup
	defer keeping.Wait()
	keepCtx, enough := context.WithCancel(ctx)
	defer enough()
	keeping.Go(func() { heap.Keep(keepCtx) })
	log.Info("serving", "url", app.URL(), "version", version())
	if cfg.Demo {
		err = app.printWelcome(stdout)
	}
	if err == nil {
		select {
		case <-ctx.Done():
			log.Info("stopping")
		case err = <-app.Failed():
		}
	}
	return errors.Join(err, app.Close())
}

// mintToken prints an access token.
func mintToken(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("stampede token", flag.ContinueOnError)
	flags.SetOutput(stderr)
	sub := flags.String("sub", "", "the shopper or operator whom the token names, 1 to 64 characters")
	scope := flags.String("scope", "shopper", "what it allows: shopper, operator, or both with a space between")
	ttl := flags.Duration("ttl", time.Hour, "how long it is good for")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q belongs to no flag (several scopes are one value: -scope \"shopper operator\")", flags.Arg(0))
	}
	scopes, err := parseScopes(*scope)
	if err != nil {
		return err
	}
	if *ttl <= 0 {
		return errors.New("-ttl must be longer than nothing, for example 1h")
	}
	cfg, log, err := configure(stderr)
	if err != nil {
		return err
	}
	secret, err := cfg.secret()
	if err != nil {
		return err
	}
	auth := web.NewAuth(ctx, web.AuthConfig{Secret: secret, Issuer: cfg.AuthIssuer, Audience: cfg.AuthAudience}, log)
	token, _, err := auth.Mint(*sub, scopes, *ttl)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(stdout, token)
	return err
}

func parseScopes(words string) ([]graph.Scope, error) {
	var scopes []graph.Scope
	for word := range strings.FieldsSeq(words) {
		scope := graph.Scope(strings.ToUpper(word))
		if !scope.IsValid() {
			return nil, errors.New("-scope knows shopper and operator")
		}
		scopes = append(scopes, scope)
	}
	if len(scopes) == 0 {
		return nil, errors.New("-scope must name one: such a token would allow nothing")
	}
	return scopes, nil
}

// askHealth asks the server at ADDR whether it is ready, for a container's health check. It needs no other setting.
func askHealth(ctx context.Context, stdout io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	cfg, err := readConfig()
	if err == nil {
		err = checkAddr(cfg.Addr)
	}
	if err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(cfg.Addr)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	url := "http://" + net.JoinHostPort(host, port) + "/readyz"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	direct := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // past any proxy of the environment
	response, err := direct.Do(request)
	if err != nil {
		return fmt.Errorf("the server does not answer: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return errors.New("the server is not ready")
	}
	_, err = fmt.Fprintln(stdout, "ready")
	return err
}

// release is set by the linker where a build knows what it is and git is not at hand, as in the Dockerfile.
var release string

func version() string {
	if release != "" {
		return release
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
