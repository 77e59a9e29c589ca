// Package pg is all that knows PostgreSQL: the pool, serializable transactions with their retries, the
// migrations' runner, LISTEN, and the embedded server for a machine that has none.
//
// Nothing here knows what is sold. Other packages get a *DB and write queries with bun, or with plain $1
// parameters on the hot path.
package pg

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

const (
	// MinServerVersion is the oldest server that Open accepts, as in server_version_num. The embedded one is 18.
	MinServerVersion = 150000

	defaultMaxConns       = 16
	defaultConnectTimeout = 5 * time.Second
	defaultPingTimeout    = 500 * time.Millisecond
)

// Errors of Open.
var (
	ErrBadURL    = errors.New("the database URL cannot be used")
	ErrOldServer = errors.New("the database server is too old")
	ErrEncoding  = errors.New("the database must hold its text as UTF8")
)

// ErrReadOnly says that the database answers, but takes no writes.
var ErrReadOnly = errors.New("the database is read-only: a standby, or set so")

// DB is a database: bun for queries, and the pool beneath it, which both share. Safe for concurrent use.
type DB struct {
	*bun.DB
	Pool *pgxpool.Pool

	tx  txConfig
	log *slog.Logger
}

// Option changes what Open makes.
type Option func(*openConfig)

type openConfig struct {
	maxConns int32
	tx       txConfig
	log      *slog.Logger
}

// WithMaxConns bounds the pool's connections; the default is 16, or pool_max_conns of the URL.
func WithMaxConns(n int32) Option { return func(c *openConfig) { c.maxConns = n } }

// WithLog has Migrate tell log what it has applied, how long that took, and whom it waits for.
func WithLog(log *slog.Logger) Option { return func(c *openConfig) { c.log = log } }

// WithTx sets what every Serializable of this DB starts from; a call's own options come after.
func WithTx(opts ...TxOption) Option {
	return func(c *openConfig) {
		for _, opt := range opts {
			opt(&c.tx)
		}
	}
}

// Open connects to the database that url names and checks that it answers, is PostgreSQL 15 or newer, and holds any
// text.
//
// A URL that cannot be read is ErrBadURL, and no part of a password is in any error. The wait is bounded by ctx
// and, for each attempt to connect, by connect_timeout of the URL (5 s when it has none).
func Open(ctx context.Context, url string, opts ...Option) (*DB, error) {
	cfg := openConfig{tx: defaultTxConfig(), log: slog.New(slog.DiscardHandler)}
	for _, opt := range opts {
		opt(&cfg)
	}
	poolConfig, err := parseURL(url)
	if err != nil {
		return nil, err
	}
	if cfg.maxConns > 0 {
		poolConfig.MaxConns = cfg.maxConns
	}
	poolConfig.BeforeConnect = guardConnection

	pool, err := pgxpool.NewWithConfig(ctx, poolConfig)
	if err != nil {
		return nil, fmt.Errorf("pg: open the pool: %w", err)
	}
	db := &DB{
		DB:   bun.NewDB(openDB(pool), pgdialect.New()),
		Pool: pool,
		tx:   cfg.tx,
		log:  cfg.log,
	}
	if err := db.check(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// ConnectionsTo is how many connections to the database that url names a server takes at the most: the pool's, those
// that wait for turns, and the one that listens. Of a URL that cannot be read, Open says so.
func ConnectionsTo(url string) int {
	conns := int32(defaultMaxConns)
	if cfg, err := parseURL(url); err == nil {
		conns = cfg.MaxConns
	}
	return int(conns) + turnConns + 1
}

// Close waits for the connections that are in use and closes the pool. It may be called twice.
func (db *DB) Close() error {
	err := db.DB.Close()
	db.Pool.Close()
	return err
}

// Writable makes one round trip to the server, and says why it would take no writes. It waits as long as ctx lets it.
// Errors: ErrReadOnly; why the server could not be asked.
func (db *DB) Writable(ctx context.Context) error {
	var readOnly bool
	err := db.Pool.QueryRow(ctx, `SELECT current_setting('transaction_read_only')::bool`).Scan(&readOnly)
	switch {
	case err != nil:
		return fmt.Errorf("pg: ask whether it takes writes: %w", err)
	case readOnly:
		return fmt.Errorf("pg: %w", ErrReadOnly)
	default:
		return nil
	}
}

// RiskySettings are the settings of PostgreSQL by which what was committed can be lost: in a crash of its machine, and,
// where there are synchronous standbys, in a failover. Error: why the server could not be asked.
func (db *DB) RiskySettings(ctx context.Context) ([]string, error) {
	var risky []string
	err := db.Pool.QueryRow(ctx, `
		SELECT coalesce(array_agg(name ORDER BY name), '{}') FROM pg_settings
		WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off'
			OR name = 'synchronous_commit' AND setting = 'local' AND current_setting('synchronous_standby_names') <> ''`).
		Scan(&risky)
	if err != nil {
		return nil, fmt.Errorf("pg: ask how durable it is: %w", err)
	}
	return risky, nil
}

func (db *DB) check(ctx context.Context) error {
	var version int
	var encoding string
	err := db.Pool.QueryRow(ctx, `SELECT current_setting('server_version_num')::int, current_setting('server_encoding')`).
		Scan(&version, &encoding)
	switch {
	case err != nil:
		return fmt.Errorf("pg: cannot reach the database: %w", err)
	case version < MinServerVersion:
		return fmt.Errorf("pg: %w: version %d, and %d is the least", ErrOldServer, version/10000, MinServerVersion/10000)
	case encoding != "UTF8":
		return fmt.Errorf("pg: %w, and not as %s: make it with ENCODING 'UTF8'", ErrEncoding, encoding)
	default:
		return nil
	}
}

// parseURL reads a postgres:// URL (or a keyword=value string) and fills in the house's defaults.
func parseURL(raw string) (*pgxpool.Config, error) {
	cfg, err := pgxpool.ParseConfig(raw)
	if err != nil {
		return nil, fmt.Errorf("pg: %w: %s", ErrBadURL, whyBadURL(raw, err))
	}
	if !strings.Contains(raw, "pool_max_conns") {
		cfg.MaxConns = defaultMaxConns
	}
	if !strings.Contains(raw, "connect_timeout") {
		cfg.ConnConfig.ConnectTimeout = defaultConnectTimeout
	}
	if cfg.PingTimeout <= 0 {
		cfg.PingTimeout = defaultPingTimeout
	}
	cfg.ShouldPing = pinging(cfg.PingTimeout)
	if cfg.ConnConfig.RuntimeParams["application_name"] == "" {
		cfg.ConnConfig.RuntimeParams["application_name"] = "stampede"
	}
	if cfg.ConnConfig.DefaultQueryExecMode == pgx.QueryExecModeSimpleProtocol {
		return nil, fmt.Errorf("pg: %w: prepared statements are needed, and default_query_exec_mode forbids them", ErrBadURL)
	}
	inOptions := settingsIn(cfg.ConnConfig.RuntimeParams["options"])
	for name, value := range sessionDefaults {
		if cfg.ConnConfig.RuntimeParams[name] == "" && !inOptions[name] {
			cfg.ConnConfig.RuntimeParams[name] = value
		}
	}
	return cfg, nil
}

var option = regexp.MustCompile(`(?:^|\s)(?:-c\s*|--)([\w-]+)=`)

// settingsIn are the names of what options sets, as -c name=value or as --name=value, where a name may have dashes: it
// counts for less than a parameter of its own.
func settingsIn(options string) map[string]bool {
	names := map[string]bool{}
	for _, found := range option.FindAllStringSubmatch(options, -1) {
		names[strings.ToLower(strings.ReplaceAll(found[1], "-", "_"))] = true
	}
	return names
}

// sessionDefaults are settings of every session, however the server, the database or the role is set. Only the URL may
// say otherwise.
var sessionDefaults = map[string]string{
	// What was confirmed is on the disk, and on that of a synchronous standby.
	"synchronous_commit": "on",
	// Text goes out as bun and pgx write it: a backslash is itself.
	"client_encoding":             "UTF8",
	"standard_conforming_strings": "on",
	// Times come back in the one form that pgx reads: bun's queries are answered in text.
	"datestyle": "ISO",
	// Statements are planned once for each connection, whatever the tables' sizes then, and never as a scan of a whole
	// table: that would be slow when the table has grown, and reads all of it in the eyes of serializable isolation.
	"plan_cache_mode": "force_generic_plan",
	"enable_seqscan":  "off",
	// Where a scan is all there is, PostgreSQL before 18 takes it for so costly that it compiles the statement first.
	"jit": "off",
	// A process that stops in the middle of a transaction holds its rows for no longer than this.
	"idle_in_transaction_session_timeout": "1000",
	// A statement that travels with COMMIT is never cancelled: what waits for a row gives up by itself, for certain and
	// before nobody waits for COMMIT's answer any more. The limit is that of one wait, and a row that others wait for too
	// takes two: for its turn among them, and then for the transaction that holds it.
	"lock_timeout":      "2000",
	"statement_timeout": "0",
	// A COMMIT whose wait for a standby was cut off says so by a warning alone.
	"client_min_messages": "warning",
	// Whoever listens has nothing to say for hours.
	"idle_session_timeout": "0",
	// What only reads is nobody's rival: in a serializable transaction it may make one that sells begin anew.
	"default_transaction_isolation": "read committed",
}

// whyBadURL gives the parser's reason only where that cannot hold a piece of a password: the parts of a URL
// that net/url could take apart. A reason about a URL that it could not quotes the broken place.
func whyBadURL(raw string, err error) string {
	const shape = "it must look like postgres://user:password@host:5432/database"
	u, urlErr := url.Parse(raw)
	var parseErr *pgconn.ParseConfigError
	if urlErr != nil || u.Scheme == "" || !errors.As(err, &parseErr) || parseErr.Unwrap() == nil {
		return shape
	}
	reason := parseErr.Unwrap().Error()
	if password, _ := u.User.Password(); password != "" && strings.Contains(reason, password) {
		return shape
	}
	if query := u.Query(); query.Has("password") || query.Has("sslpassword") {
		return shape
	}
	return shape + " (" + reason + ")"
}

// connConfig is a copy of what the pool connects with, for a connection that stands apart from it.
func (db *DB) connConfig() *pgx.ConnConfig { return db.Pool.Config().ConnConfig }
