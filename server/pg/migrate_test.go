package pg_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/migrations"
	"stampede/server/pg"
	"stampede/server/pg/pgtest"
)

func TestMigrateTwiceIsMigrateOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.NewEmpty(t)
	migrated, err := db.Migrated(bounded(t))
	require.NoError(t, err)
	assert.False(t, migrated)

	require.NoError(t, db.Migrate(bounded(t)))
	before := value[string](t, db, `SELECT string_agg(m::text, ',') FROM bun_migrations m`)
	require.NoError(t, db.Migrate(bounded(t)))
	assert.Equal(t, before, value[string](t, db, `SELECT string_agg(m::text, ',') FROM bun_migrations m`))
	migrated, err = db.Migrated(bounded(t))
	require.NoError(t, err)
	assert.True(t, migrated)
	assert.Zero(t, value[int](t, db, `SELECT count(*) FROM sales`))
}

// TestTheLogTellsWhatWasMigrated once, and what was before a failure too: it stays.
func TestTheLogTellsWhatWasMigrated(t *testing.T) {
	t.Parallel()
	db, log := logged(t, pgtest.NewEmpty(t))
	files := fstest.MapFS{
		"20200101000000_first.tx.up.sql":  {Data: []byte(`CREATE TABLE first (n int);`)},
		"20200102000000_second.tx.up.sql": {Data: []byte(`CREATE TABLE second (n int);`)},
		"20200103000000_third.tx.up.sql":  {Data: []byte(`SELECT 1/0;`)},
	}
	require.ErrorContains(t, db.MigrateFrom(bounded(t), files), "20200103000000")
	const told = `level=INFO msg="migrated the database" migrations="?\[%s\]"? took=[0-9.]+m?s\n`
	assert.Regexp(t, "^"+fmt.Sprintf(told, "20200101000000 20200102000000")+"$", log.String())
	log.Reset()
	files["20200103000000_third.tx.up.sql"].Data = []byte(`SELECT 1;`)
	require.NoError(t, db.MigrateFrom(bounded(t), files))
	require.NoError(t, db.MigrateFrom(bounded(t), files))
	assert.Regexp(t, "^"+fmt.Sprintf(told, "20200103000000")+"$", log.String(), "once, and nothing where nothing is done")
}

// logged is a DB on the same database that tells a log, which has no times.
func logged(t *testing.T, db *pg.DB) (*pg.DB, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	timeless := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}
	handler := slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: timeless})
	telling, err := pg.Open(bounded(t), db.Pool.Config().ConnString(), pg.WithLog(slog.New(handler)))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, telling.Close()) })
	return telling, &log
}

func TestManyServersMigrateAtOnce(t *testing.T) {
	t.Parallel()
	url := pgtest.NewEmpty(t).Pool.Config().ConnString()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			db, err := pg.Open(bounded(t), url)
			if assert.NoError(t, err) {
				assert.NoError(t, db.Migrate(bounded(t)))
				assert.NoError(t, db.Close())
			}
		})
	}
	all.Wait()
	assert.Equal(t, int64(1), ask[int64](t, url, `SELECT max(n) FROM (SELECT count(*) n FROM bun_migrations GROUP BY name) c`))
}

// TestWhatWasSoldIsMigrated: each migration meets a shop that has sold since the first one.
func TestWhatWasSoldIsMigrated(t *testing.T) {
	t.Parallel()
	db := pgtest.NewEmpty(t)
	names, err := fs.Glob(migrations.FS, "*.sql")
	require.NoError(t, err)
	files := fstest.MapFS{}
	const sold = `SELECT concat_ws(' ', sku, stock, sold, starts_at, p) FROM sales s JOIN purchases p ON p.sale_id = s.id`
	var before string
	for i, name := range names {
		text, err := migrations.FS.ReadFile(name)
		require.NoError(t, err)
		files[name] = &fstest.MapFile{Data: text}
		require.NoError(t, db.MigrateFrom(bounded(t), files), name)
		if i == 0 {
			must(t, db, `INSERT INTO sales (sku, name, stock, sold, starts_at) VALUES ('L', 'Lamp', 100000000, 1, now())`)
			must(t, db, `INSERT INTO purchases VALUES (1, 1, repeat('ann', 21), repeat('é', 64), now())`)
			before = value[string](t, db, sold)
		}
		assert.Equal(t, before, value[string](t, db, sold), name)
	}
	require.NoError(t, db.Migrate(bounded(t)), "that was all")
}

// TestAnEndAtInfinityIsNone: it was set by hand, when nothing refused that, and no server could read it.
func TestAnEndAtInfinityIsNone(t *testing.T) {
	t.Parallel()
	db := pgtest.NewEmpty(t)
	names, err := fs.Glob(migrations.FS, "*.sql")
	require.NoError(t, err)
	files := fstest.MapFS{}
	for _, name := range names[:slices.Index(names, "20261127203000_instants.tx.up.sql")] {
		text, err := migrations.FS.ReadFile(name)
		require.NoError(t, err)
		files[name] = &fstest.MapFile{Data: text}
	}
	require.NoError(t, db.MigrateFrom(bounded(t), files))
	must(t, db, `INSERT INTO sales (sku, name, stock, starts_at, ends_at)
		SELECT 'L', 'Lamp', 1, '2026-11-27', e FROM unnest(ARRAY['infinity', '2026-12-01', NULL]::timestamptz[]) e`)
	require.NoError(t, db.Migrate(bounded(t)))
	const left = `SELECT string_agg(concat(id, ' v', version, coalesce(' ' || ends_at::date, '')), ', ' ORDER BY id) FROM sales`
	assert.Equal(t, "1 v2, 2 v1 2026-12-01, 3 v1", value[string](t, db, left))
}

func TestNewerSchemaIsRefused(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	must(t, db, `INSERT INTO bun_migrations (name, group_id) VALUES ('99990101000000', 99)`)
	err := db.Migrate(bounded(t))
	require.ErrorIs(t, err, pg.ErrNewerSchema)
	require.ErrorContains(t, err, "99990101000000")
	migrated, err := db.Migrated(bounded(t))
	require.NoError(t, err)
	assert.True(t, migrated, "an old server goes on during a rolling upgrade")
}

// TestWhoOnlyServesIsToldWhy: a user who may not migrate hears what is wrong with the schema, and not that a right is
// missing.
func TestWhoOnlyServesIsToldWhy(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	owner, err := pg.Open(bounded(t), url)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, owner.Close()) })
	serving, err := pg.Open(bounded(t), pgtest.Serving(t, url))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, serving.Close()) })
	require.NoError(t, serving.Migrate(bounded(t)), "there is nothing to be done")
	must(t, owner, `INSERT INTO bun_migrations (name, group_id) VALUES ('99990101000000', 99)`)
	require.ErrorIs(t, serving.Migrate(bounded(t)), pg.ErrNewerSchema)
	must(t, owner, `DELETE FROM bun_migrations`)
	require.ErrorIs(t, serving.Migrate(bounded(t)), pg.ErrNotMigrated)
}

func TestMigrationThatFailsLeavesNeitherAHalfNorALock(t *testing.T) {
	t.Parallel()
	db := pgtest.NewEmpty(t)
	file := func(sql string) fstest.MapFS {
		return fstest.MapFS{
			"20200101000000_first.tx.up.sql":  {Data: []byte(`CREATE TABLE first (n int);`)},
			"20200102000000_second.tx.up.sql": {Data: []byte(sql)},
		}
	}
	err := db.MigrateFrom(bounded(t), file(`CREATE TABLE second (n int); SELECT 1/0;`))
	require.ErrorContains(t, err, "division by zero")
	assert.Equal(t, "20200101000000", value[string](t, db, `SELECT string_agg(name, ',') FROM bun_migrations`))
	assert.True(t, value[bool](t, db, `SELECT to_regclass('second') IS NULL`))

	require.NoError(t, db.MigrateFrom(bounded(t), file(`CREATE TABLE second (n int);`)))
	assert.Equal(t, "20200101000000,20200102000000", value[string](t, db, `SELECT string_agg(name, ',' ORDER BY name) FROM bun_migrations`))
}

func TestMigratedAndNotedAreOneTransaction(t *testing.T) {
	t.Parallel()
	db := pgtest.NewEmpty(t)
	// The note is written by the last statement of the migration's own transaction: a migration that makes
	// the note impossible is not applied.
	err := db.MigrateFrom(bounded(t), fstest.MapFS{"20200101000000_first.tx.up.sql": {Data: []byte(
		`CREATE TABLE first (n int); ALTER TABLE bun_migrations ADD CHECK (name <> '20200101000000');`)}})
	require.Error(t, err)
	assert.True(t, value[bool](t, db, `SELECT to_regclass('first') IS NULL`))
}

func TestServerThatDiesWhileMigratingLetsGoOfTheLock(t *testing.T) {
	t.Parallel()
	db, log := logged(t, pgtest.NewEmpty(t))
	dead, err := pgx.Connect(bounded(t), db.Pool.Config().ConnString())
	require.NoError(t, err)
	_, err = dead.Exec(bounded(t), `SELECT pg_advisory_lock($1)`, int64(0x7374616d70656465))
	require.NoError(t, err)

	migrated := make(chan error, 1)
	go func() { migrated <- db.Migrate(bounded(t)) }()
	require.Eventually(t, func() bool {
		return value[bool](t, db, `SELECT EXISTS (SELECT FROM pg_locks
			WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`)
	}, limit, tick, "it waits for the other one")
	require.NoError(t, dead.PgConn().Conn().Close(), "which dies without a word")
	require.NoError(t, <-migrated)
	assert.Regexp(t, `^level=INFO msg="waiting for another server to migrate" at_most=\S+
level=INFO msg="the other server is done migrating" waited=\S+
level=INFO msg="migrated the database" `, log.String())
}

// TestWhoWaitsInVainIsToldWhy: also where the caller's own time ends before the longest wait does.
func TestWhoWaitsInVainIsToldWhy(t *testing.T) {
	t.Parallel()
	db := pgtest.NewEmpty(t)
	conn, err := db.Pool.Acquire(bounded(t))
	require.NoError(t, err)
	defer conn.Release()
	_, err = conn.Exec(bounded(t), `SELECT pg_advisory_lock($1)`, int64(0x7374616d70656465))
	require.NoError(t, err)
	vain := func() error {
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		return db.Migrate(ctx)
	}
	err = vain()
	for errors.Is(err, context.DeadlineExceeded) { // the machine stood still for longer than it takes to be told
		err = vain()
	}
	require.ErrorIs(t, err, pg.ErrMigrationLocked)
	_, err = conn.Exec(bounded(t), `SELECT pg_advisory_unlock_all()`)
	require.NoError(t, err)
	require.NoError(t, db.Migrate(bounded(t)))
}

// TestShoppersAreComparedByBytes where the database sorts as people of some language do, too: an upgrade of the system's
// libraries may change such an order, and break the index that keeps a shopper from buying twice.
func TestShoppersAreComparedByBytes(t *testing.T) {
	t.Parallel()
	db := inDatabase(t, `ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C'`)
	require.NoError(t, db.Migrate(bounded(t)))
	const compared = `SELECT array_agg(collname ORDER BY collname) FROM pg_index
		JOIN pg_collation c ON c.oid = ANY (indcollation) WHERE indrelid = 'purchases'::regclass`
	assert.Equal(t, []string{"C"}, value[[]string](t, db, compared))
	must(t, db, `INSERT INTO sales (sku, name, stock, sold, starts_at) VALUES ('L', 'Lamp', 100, 3, now())`)
	must(t, db, `INSERT INTO purchases SELECT 1, n, (ARRAY['ann', 'Bob', 'Ann'])[n], 'key', now() FROM generate_series(1, 3) n`)
	const inOrder = `SELECT array_agg(shopper_id ORDER BY shopper_id) FROM purchases`
	assert.Equal(t, []string{"Ann", "Bob", "ann"}, value[[]string](t, db, inOrder))
	const begins = `EXPLAIN (FORMAT JSON) SELECT FROM purchases WHERE sale_id = 1 AND shopper_id ^@ 'an'`
	assert.Contains(t, value[string](t, db, begins), `(shopper_id < 'ao'::text)`, "the index knows where they are")
}

// TestManyPurchasesCallForNoVacuum: it would make shorter ones fill the gaps of old pages, one page for each.
func TestManyPurchasesCallForNoVacuum(t *testing.T) {
	t.Parallel()
	const options = `SELECT reloptions FROM pg_class WHERE oid = 'purchases'::regclass`
	assert.Equal(t, []string{"autovacuum_vacuum_insert_threshold=-1"}, value[[]string](t, pgtest.New(t), options))
}

// inDatabase opens a new and empty database that is made with these options.
func inDatabase(t *testing.T, options string) *pg.DB {
	t.Helper()
	db, err := pg.Open(bounded(t), newDatabase(t, options))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	return db
}

// newDatabase makes a database with these options, and returns its URL.
func newDatabase(t *testing.T, options string) string {
	t.Helper()
	admin := pgtest.NewEmpty(t)
	name := "test_" + strings.ToLower(rand.Text()[:12])
	must(t, admin, `CREATE DATABASE `+name+` TEMPLATE template0 `+options)
	t.Cleanup(func() {
		_, err := admin.Pool.Exec(context.Background(), `DROP DATABASE `+name+` WITH (FORCE)`)
		assert.NoError(t, err)
	})
	u, err := url.Parse(admin.Pool.Config().ConnString())
	require.NoError(t, err)
	u.Path = "/" + name
	return u.String()
}
