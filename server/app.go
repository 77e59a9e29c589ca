package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"stampede/client"
	"stampede/graph"
	"stampede/graph/transport"
	"stampede/model"
	"stampede/server/activity"
	"stampede/server/pg"
	"stampede/server/sale"
	"stampede/server/stock"
	"stampede/server/web"
)

const (
	startLimit   = time.Minute      // each part of the start but migrating
	migrateLimit = 15 * time.Minute // an index on a hundred million purchases is built meanwhile
	stopLimit    = 4 * time.Second  // all of Close but PostgreSQL's own end, so that Ctrl-C takes less than 5 s
	drainLimit   = 2 * time.Second  // the part of it that open requests and websockets get
)

// App is the whole server: the only place where its parts meet. Build it with NewApp, wait on Failed, end it with
// Close.
type App struct {
	log *slog.Logger

	postgres *pg.Embedded // nil with a database of somebody else's
	db       *pg.DB
	turns    *pg.Turns
	hub      *stock.Hub
	relay    *stock.Relay
	sales    *sale.Service
	guard    *web.Guard
	auth     *web.Auth
	graphql  *transport.Handler
	activity *activity.Monitor
	http     *http.Server
	listener *web.Connections
	serving  bool         // the listener is the http server's
	profiles *http.Server // nil without PPROF_ADDR
	metrics  *http.Server // nil without METRICS_ADDR

	background context.CancelFunc // ends what Run methods do
	tellers    sync.WaitGroup     // those of them that have a last word for the other servers
	running    sync.WaitGroup
	draining   atomic.Bool
	failed     chan error // holds the first failure after the start
	closing    sync.Once
	closeErr   error
}

// NewApp builds the server and starts it: when it returns, the server answers. On an error nothing is left behind.
func NewApp(ctx context.Context, cfg Config, log *slog.Logger) (app *App, err error) {
	background, stop := context.WithCancel(context.Background())
	a := &App{log: log, background: stop, failed: make(chan error, 1)}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()

	var urls databaseURLs
	for _, part := range []struct {
		limit time.Duration
		do    func(context.Context) error
	}{
		{startLimit, func(context.Context) error { return a.listen(cfg) }},
		{startLimit, func(context.Context) error { return a.listenProfiles(cfg) }},
		{startLimit, func(ctx context.Context) (err error) { urls, err = a.findDatabase(ctx, cfg); return err }},
		{migrateLimit, func(ctx context.Context) error { return a.migrateAsOwner(ctx, urls) }},
		{startLimit, func(ctx context.Context) error { return a.openDatabase(ctx, urls) }},
		{migrateLimit, func(ctx context.Context) error { return a.db.Migrate(ctx) }},
		{startLimit, func(ctx context.Context) error { return a.buildEngine(ctx, background, cfg) }},
		{startLimit, func(context.Context) error { return a.buildEdge(background, cfg) }},
		{startLimit, func(context.Context) error { return a.listenMetrics(cfg) }},
		{startLimit, func(ctx context.Context) error { return a.scheduleDemo(ctx, cfg) }},
	} {
		if err := within(ctx, part.limit, part.do); err != nil {
			return nil, err
		}
	}
	a.serve(background)
	return a, nil
}

// listen takes the address first: when it is taken, nothing else needs to start.
func (a *App) listen(cfg Config) (err error) {
	guarding, err := cfg.guarding()
	if err != nil {
		return err
	}
	a.guard = web.NewGuard(guarding)
	listener, err := net.Listen("tcp", cfg.Addr)
	if err != nil {
		return fmt.Errorf("listen on ADDR: %w", err)
	}
	a.listener = web.LimitConnections(listener, cfg.Connections, a.guard.Spares, a.log)
	return nil
}

// within gives one part of the start its time.
func within(ctx context.Context, limit time.Duration, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return do(ctx)
}

// databaseURLs lead to the database for who serves, and for who owns the schema; without an owner, who serves owns it.
type databaseURLs struct{ serving, owner string }

func (a *App) findDatabase(ctx context.Context, cfg Config) (urls databaseURLs, err error) {
	if cfg.DatabaseURL != "" {
		return databaseURLs{cfg.DatabaseURL, cfg.OwnerURL}, nil
	}
	a.postgres, err = pg.StartEmbedded(ctx, pg.EmbeddedConfig{
		Bin: cfg.PostgresBin, Dir: filepath.Join(cfg.DataDir, "postgres"), Log: a.log,
	})
	if err != nil {
		return urls, err
	}
	a.running.Go(a.watchPostgres)
	return databaseURLs{a.postgres.ServingURL(pg.Database), a.postgres.URL(pg.Database)}, nil
}

func (a *App) migrateAsOwner(ctx context.Context, urls databaseURLs) error {
	if urls.owner == "" {
		return nil
	}
	return pg.MigrateAs(ctx, urls.owner, urls.serving, pg.WithLog(a.log))
}

func (a *App) openDatabase(ctx context.Context, urls databaseURLs) (err error) {
	a.db, err = pg.Open(ctx, urls.serving, pg.WithLog(a.log), pg.WithTx(pg.OnRetry(func(sqlstate string) {
		a.log.Debug("a transaction is tried again", "sqlstate", sqlstate)
	})))
	if err != nil {
		return err
	}
	risky, err := a.db.RiskySettings(ctx)
	for _, setting := range risky {
		a.log.Warn("PostgreSQL is set so that confirmed purchases can be lost: set this to on",
			"setting", setting)
	}
	return err
}

func (a *App) buildEngine(ctx, background context.Context, cfg Config) error {
	clock := &stock.Clock{}
	turns, err := a.db.NewTurns(ctx)
	if err != nil {
		return err
	}
	a.turns = turns
	store := sale.NewStore(a.db, turns, a.log)
	a.hub = stock.NewHub(clock)
	a.relay = stock.NewRelay(a.hub, clock, store, a.db, store.NoteRival, a.log)
	a.sales = sale.New(store, board{a.hub, a.relay}, sale.Limits{Waiting: cfg.Waiting}, a.log)
	if err := a.relay.Sync(ctx); err != nil {
		return err
	}
	a.buildActivity(clock, store.NoteRival)
	a.running.Go(func() { a.hub.Run(background) })
	a.tellers.Go(func() { a.relay.Run(background) })
	return nil
}

// board is what the engine sees of live stock: it reads from the hub, and its news goes through the relay.
type board struct {
	*stock.Hub
	relay *stock.Relay
}

func (b board) Publish(sale model.Sale) { b.relay.Publish(sale) }

func (a *App) buildEdge(background context.Context, cfg Config) error {
	secret, err := cfg.secret()
	if err != nil {
		return err
	}
	a.auth = web.NewAuth(background, web.AuthConfig{
		Secret: secret, Previous: cfg.AuthPrevious, JWKSURL: cfg.AuthJWKSURL,
		Issuer: cfg.AuthIssuer, Audience: cfg.AuthAudience,
	}, a.log)
	resolver := &graph.Resolver{Sales: a.sales, Feed: a.hub, Activity: a.activity, Log: a.log}
	if cfg.Demo && secret != "" {
		resolver.SignIn = a.auth.DemoSignIn
	}
	a.graphql = transport.New(resolver, transport.Options{
		Introspection: cfg.introspection(), Authenticate: a.auth.Authenticate, Allowed: web.SameOrigin,
		Feed: a.hub, Admit: a.guard.Admit, Log: a.log,
	})
	handler, err := web.NewHandler(web.Edge{
		GraphQL: a.graphql, Auth: a.auth, Client: client.Dist(),
		Boot:      web.Boot{DemoSignIn: resolver.SignIn != nil, SignInURL: cfg.SignInURL},
		Purchases: a.sales, Feed: a.hub,
		Ready: a.ready, Draining: a.draining.Load, Guard: a.guard, Log: a.log,
	})
	if err != nil {
		return err
	}
	a.http = newHTTPServer(handler, a.log)
	return nil
}

func (a *App) serve(background context.Context) {
	a.serving = true
	a.tellers.Go(func() { a.activity.Run(background) })
	a.running.Go(func() {
		if err := a.http.Serve(a.listener); !errors.Is(err, http.ErrServerClosed) {
			a.fail(fmt.Errorf("serve: %w", err))
		}
	})
}

// watchPostgres notices when the embedded server ends by itself.
func (a *App) watchPostgres() {
	<-a.postgres.Done()
	if err := a.postgres.Err(); err != nil {
		a.fail(err)
	}
}

func (a *App) fail(err error) {
	select {
	case a.failed <- err:
	default:
	}
}

// ready says why the server cannot serve just now.
func (a *App) ready(ctx context.Context) error {
	if err := a.db.Writable(ctx); err != nil {
		return err
	}
	migrated, err := a.db.Migrated(ctx)
	if err == nil && !migrated {
		err = errors.New("the database is not migrated")
	}
	return err
}

// URL is where the server answers on this machine, without a slash at its end.
func (a *App) URL() string {
	at := a.listener.Addr().String()
	if tcp, ok := a.listener.Addr().(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		at = fmt.Sprintf("127.0.0.1:%d", tcp.Port)
	}
	return "http://" + at
}

// Failed gets an error when the server can't go on.
func (a *App) Failed() <-chan error { return a.failed }

// Close stops the server in the reverse order of its start: newcomers are refused, everyone who was accepted gets an
// answer, then the parts end. It takes less than 5 s. Closing twice is fine.
func (a *App) Close() error {
	a.closing.Do(func() { a.closeErr = a.close() })
	return a.closeErr
}

func (a *App) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	a.draining.Store(true)
	err := errors.Join(a.closeEdge(ctx), a.closeEngine(ctx), a.closeInner())
	err = errors.Join(err, a.closeDatabase(ctx))
	if a.postgres != nil {
		err = errors.Join(err, a.postgres.Stop(ctx))
	}
	a.running.Wait()
	a.tellers.Wait()
	return err
}

func (a *App) closeEdge(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, drainLimit)
	defer cancel()
	if !a.serving {
		// The start failed on its way: there is nobody to drain, and Shutdown would not know of the listener.
		if a.listener != nil {
			err = a.listener.Close()
		}
		if a.graphql != nil { // it looks after its connections from the beginning
			err = errors.Join(err, a.graphql.Close(ctx))
		}
		return err
	}
	sockets := make(chan error, 1)
	go func() { sockets <- a.graphql.Close(ctx) }()
	err = errors.Join(during("end the open requests", a.http.Shutdown(ctx)), during("end the websockets", <-sockets))
	if err != nil {
		// Whoever is still connected has had the time that there was.
		err = errors.Join(err, during("close connections", a.http.Close()))
	}
	return err
}

// during says of an error what could not be done: "deadline exceeded" alone tells nobody what was cut off.
func during(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// closeDatabase waits for the connections that are in use, but not beyond ctx: a database that hangs may not hold up
// the end.
func (a *App) closeDatabase(ctx context.Context) error {
	closed := make(chan error, 1)
	go func() {
		var err error
		if a.turns != nil {
			a.turns.Close()
		}
		if a.db != nil {
			err = a.db.Close()
		}
		closed <- err
	}()
	select {
	case err := <-closed:
		return err
	case <-ctx.Done():
		return fmt.Errorf("close the database: %w", ctx.Err())
	}
}

func (a *App) closeEngine(ctx context.Context) (err error) {
	if a.sales != nil {
		err = a.sales.Close(ctx)
	}
	a.background()
	told := make(chan struct{})
	go func() {
		a.tellers.Wait()
		close(told)
	}()
	select {
	case <-told:
		return err
	case <-ctx.Done():
		return errors.Join(err, during("tell the other servers the last news", ctx.Err()))
	}
}
