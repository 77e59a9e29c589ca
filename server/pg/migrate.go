package pg

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/migrate"

	"stampede/migrations"
)

const (
	// migrationLock is the key of the advisory lock: "stampede" in ASCII. Every server that migrates takes it.
	migrationLock = 0x7374616d70656465

	// migrationWait bounds the wait for another server that is migrating: it may be building an index.
	migrationWait = 15 * time.Minute
	// migrationWord is what is left of the caller's time to hear that the wait was in vain.
	migrationWord = time.Second

	undefinedTable        = "42P01"
	insufficientPrivilege = "42501"
	lockNotAvailable      = "55P03"
)

// Errors of Migrate.
var (
	ErrNewerSchema     = errors.New("the database has a newer schema than this program knows")
	ErrNotMigrated     = errors.New("the database is not migrated to this version, and its user may not do that")
	ErrMigrationLocked = errors.New("another server has been migrating for too long")
)

// Migrate brings the schema up to what this program knows. Doing it again changes nothing, and any number of
// servers may do it at the same time: one works, the others wait for it, for as long as ctx lets them but at most
// a quarter of an hour (ErrMigrationLocked). Each migration and the note that it was applied are one transaction.
//
// A database with migrations that this program does not know is ErrNewerSchema, and is left as it is. One that lacks
// some, where the user may not make tables, is ErrNotMigrated.
//
// The lock is a session advisory lock on a connection of its own: a server that dies lets go of it. So the
// URL must lead to PostgreSQL itself, as all else here needs, too.
func (db *DB) Migrate(ctx context.Context) error { return db.migrate(ctx, migrations.FS) }

func (db *DB) migrate(ctx context.Context, files fs.FS) error {
	known, err := discover(files)
	if err != nil {
		return err
	}
	// Where nothing is to be done, or nothing can be, nobody needs the right to do it.
	applied, err := db.applied(ctx)
	if err == nil && slices.Equal(applied, names(known)) {
		return nil
	}
	if err := newer(applied, known); err != nil {
		return err
	}
	unlock, err := db.lockMigrations(ctx)
	if err != nil {
		return err
	}
	defer unlock()

	table := migrate.NewMigrator(db.DB, known,
		migrate.WithMarkAppliedOnSuccess(true), migrate.WithUpsert(true), migrate.AfterMigration(noteApplied))
	if err := table.Init(ctx); err != nil {
		if hasCode(err, insufficientPrivilege) {
			return fmt.Errorf("pg: %w: start a server with DATABASE_OWNER_URL first (%w)", ErrNotMigrated, err)
		}
		return fmt.Errorf("pg: prepare the migrations' table: %w", err)
	}
	if applied, err = db.applied(ctx); err != nil {
		return err
	}
	if err := newer(applied, known); err != nil {
		return err
	}
	began := time.Now()
	if _, err = table.Migrate(ctx); err != nil {
		err = fmt.Errorf("pg: migrate: %w", err)
	}
	now, readErr := db.applied(ctx) // also after a failure: what was applied before it stays
	if done := missing(now, applied); len(done) > 0 {
		db.log.InfoContext(ctx, "migrated the database", "migrations", done, "took", since(began))
	}
	return cmp.Or(err, readErr)
}

// newer is the error of a database with migrations that are not known.
func newer(applied []string, known *migrate.Migrations) error {
	if unknown := missing(applied, names(known)); len(unknown) > 0 {
		return fmt.Errorf("pg: %w (%s): start a newer version of the program, or give it another database",
			ErrNewerSchema, strings.Join(unknown, ", "))
	}
	return nil
}

// Migrated reports whether every migration that this program knows is applied, which is when it may serve.
// Newer ones do not matter: during a rolling upgrade the old servers go on.
func (db *DB) Migrated(ctx context.Context) (bool, error) {
	known, err := discover(migrations.FS)
	if err != nil {
		return false, err
	}
	applied, err := db.applied(ctx)
	if hasCode(err, undefinedTable) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return len(missing(names(known), applied)) == 0, nil
}

func discover(files fs.FS) (*migrate.Migrations, error) {
	known := migrate.NewMigrations()
	if err := known.Discover(files); err != nil {
		return nil, fmt.Errorf("pg: read the migrations: %w", err)
	}
	return known, nil
}

// lockMigrations waits for the advisory lock. unlock closes the connection that holds it, and so cannot fail
// to let go.
func (db *DB) lockMigrations(ctx context.Context) (unlock func(), err error) {
	conn, err := pgx.ConnectConfig(ctx, db.connConfig())
	if err != nil {
		return nil, fmt.Errorf("pg: connect to migrate: %w", err)
	}
	unlock = func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		// Of a closed connection the server hears a moment later, in which the next one would find the lock held.
		_, _ = conn.Exec(ctx, `SELECT pg_advisory_unlock($1)`, int64(migrationLock))
		_ = conn.Close(ctx)
	}
	if err := db.waitForLock(ctx, conn); err != nil {
		unlock()
		return nil, err
	}
	return unlock, nil
}

func (db *DB) waitForLock(ctx context.Context, conn *pgx.Conn) error {
	// The server bounds the wait; the context is only for the case that the server is gone.
	lockCtx, cancel := context.WithTimeout(ctx, migrationWait+5*time.Second)
	defer cancel()
	limit := migrationWait
	if deadline, ok := ctx.Deadline(); ok {
		// It ends before ctx does: "deadline exceeded" would not say what was in the way. 0 would be no limit.
		limit = max(time.Millisecond, min(limit, time.Until(deadline)-migrationWord))
	}
	milliseconds := strconv.FormatInt(limit.Milliseconds(), 10)
	free := false
	err := conn.QueryRow(lockCtx, `SELECT pg_try_advisory_lock($1) FROM set_config('lock_timeout', $2, false)`,
		int64(migrationLock), milliseconds).Scan(&free)
	if err == nil && !free {
		began := time.Now()
		db.log.InfoContext(ctx, "waiting for another server to migrate", "at_most", limit.Round(time.Second).String())
		if _, err = conn.Exec(lockCtx, `SELECT pg_advisory_lock($1)`, int64(migrationLock)); err == nil {
			db.log.InfoContext(ctx, "the other server is done migrating", "waited", since(began))
		}
	}
	switch {
	case hasCode(err, lockNotAvailable):
		return fmt.Errorf("pg: %w (%s)", ErrMigrationLocked, limit.Round(time.Second))
	case err != nil:
		return fmt.Errorf("pg: lock the migrations: %w", err)
	}
	return nil
}

// since is how long something took, for the log.
func since(began time.Time) string { return time.Since(began).Round(time.Millisecond).String() }

// noteApplied writes a migration down inside its own transaction. bun does it once more afterwards, outside,
// which changes nothing (WithUpsert); alone, a crash between the two would leave a migration that is applied
// and not known to be.
func noteApplied(ctx context.Context, tx bun.IConn, m *migrate.Migration) error {
	_, err := tx.ExecContext(ctx,
		"INSERT INTO bun_migrations (name, group_id) VALUES (?, ?) ON CONFLICT (name) DO NOTHING", m.Name, m.GroupID)
	return err
}

func (db *DB) applied(ctx context.Context) ([]string, error) {
	var applied []string
	err := db.NewSelect().TableExpr("bun_migrations").Column("name").Order("name").Scan(ctx, &applied)
	if err != nil {
		return nil, fmt.Errorf("pg: read which migrations are applied: %w", err)
	}
	return applied, nil
}

// hasCode says whether an error is PostgreSQL's, with this SQLSTATE.
func hasCode(err error, sqlstate string) bool {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pgErr.Code == sqlstate
}

func names(known *migrate.Migrations) []string {
	var all []string
	for _, m := range known.Sorted() {
		all = append(all, m.Name)
	}
	return all
}

// missing gives those of want that are not in have.
func missing(want, have []string) []string {
	return slices.DeleteFunc(slices.Clone(want), func(name string) bool { return slices.Contains(have, name) })
}
