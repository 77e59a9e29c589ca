package pg_test

import (
	"context"
	"net/url"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/server/pg"
	"stampede/server/pg/pgtest"
)

// TestTheRoleThatServes can do what serving takes, and nothing that would undo a sale.
func TestTheRoleThatServes(t *testing.T) {
	t.Parallel()
	db, err := pg.Open(t.Context(), pgtest.Serving(t, pgtest.URL(t)))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })

	for _, allowed := range []string{
		`INSERT INTO sales (sku, name, stock, starts_at) VALUES ('L', 'Lamp', 2, now())`,
		`INSERT INTO purchases (sale_id, ordinal, shopper_id, purchased_at) VALUES (1, 1, 'ann', now())`,
		`UPDATE sales SET sold = 1, version = version + 1`,
		`UPDATE sales SET stock = 3, starts_at = now(), ends_at = NULL, paused_at = now(), ended_at = NULL`,
		`SELECT FROM sales JOIN purchases ON sale_id = id FOR UPDATE OF sales`,
		`SELECT name FROM bun_migrations`,
		`NOTIFY stampede_stock`,
		`SELECT pg_advisory_lock(7), pg_advisory_unlock(7)`,
	} {
		_, err := db.Pool.Exec(t.Context(), allowed)
		assert.NoError(t, err, allowed)
	}
	_, err = db.Pool.Exec(t.Context(), `GRANT DELETE ON purchases TO stampede_server`) // PostgreSQL warns, and grants nothing
	require.NoError(t, err)
	for _, forbidden := range []string{
		`DELETE FROM purchases`,
		`TRUNCATE purchases`,
		`UPDATE purchases SET shopper_id = 'eve'`,
		`UPDATE purchases SET ordinal = ordinal + 1`,
		`SELECT FROM purchases FOR UPDATE`,
		`DELETE FROM sales`,
		`UPDATE sales SET name = 'Another lamp'`,
		`UPDATE sales SET id = DEFAULT`,
		`DELETE FROM bun_migrations`,
		`INSERT INTO bun_migrations (name, group_id) VALUES ('x', 1)`,
		`ALTER TABLE purchases DROP CONSTRAINT one_per_shopper`,
		`ALTER TABLE sales DISABLE TRIGGER ALL`,
		`CREATE INDEX ON purchases (shopper_id)`,
		`DROP TABLE purchases`,
		`CREATE TABLE mine (a int)`,
		`CREATE SCHEMA mine`,
		`CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'`,
		`CREATE ROLE eve`,
		`SET ROLE postgres`,
		`COPY purchases TO PROGRAM 'true'`,
		`ALTER SYSTEM SET fsync = off`,
		`SET session_replication_role = replica`,
	} {
		_, err := db.Pool.Exec(t.Context(), forbidden)
		var refused *pgconn.PgError
		if assert.ErrorAs(t, err, &refused, forbidden) {
			assert.Equal(t, "42501", refused.Code, "%s: %s", forbidden, refused.Message) // insufficient_privilege
		}
	}
	var purchases int
	require.NoError(t, db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM purchases WHERE shopper_id = 'ann'`).Scan(&purchases))
	assert.Equal(t, 1, purchases)
}

func TestMigrateAsMakesTheRole(t *testing.T) {
	t.Parallel()
	owner := pgtest.EmptyURL(t)
	u, err := url.Parse(owner)
	require.NoError(t, err)
	role := "shop_" + u.Path[1:]
	u.User = url.UserPassword(role, "it's a secret")
	db, err := pg.Open(t.Context(), owner)
	require.NoError(t, err)
	t.Cleanup(func() { // roles are the cluster's, not the database's
		_, err := db.Pool.Exec(context.Background(), `DROP OWNED BY `+role+`; DROP ROLE `+role)
		assert.NoError(t, err)
		assert.NoError(t, db.Close())
	})
	for range 2 {
		require.NoError(t, pg.MigrateAs(t.Context(), owner, u.String()))
	}
	var kept string
	require.NoError(t, db.Pool.QueryRow(t.Context(), `SELECT rolpassword FROM pg_authid WHERE rolname = $1`, role).Scan(&kept))
	assert.Regexp(t, `^SCRAM-SHA-256\$4096:`, kept)

	serving, err := pg.Open(t.Context(), u.String())
	require.NoError(t, err)
	migrated, err := serving.Migrated(t.Context())
	require.NoError(t, err)
	assert.True(t, migrated)
	assert.NoError(t, serving.Migrate(t.Context()), "where nothing is to be done, nobody needs to be the owner")
	require.NoError(t, serving.Close())

	assert.ErrorIs(t, pg.MigrateAs(t.Context(), owner, owner), pg.ErrSameRole)
	elsewhere := pgtest.EmptyURL(t)
	assert.ErrorIs(t, pg.MigrateAs(t.Context(), elsewhere, u.String()), pg.ErrOtherDatabase)
	assert.True(t, ask[bool](t, elsewhere, `SELECT to_regclass('sales') IS NULL`), "it is left as it was")
	assert.ErrorIs(t, pg.MigrateAs(t.Context(), owner, "postgres://%zz"), pg.ErrBadURL)
}

// TestATableOfOthersIsNoneOfOurs: an owner who is no superuser grants in a schema where somebody else has a table, too.
func TestATableOfOthersIsNoneOfOurs(t *testing.T) {
	t.Parallel()
	super := pgtest.EmptyURL(t)
	db, err := pg.Open(t.Context(), super)
	require.NoError(t, err)
	u, err := url.Parse(super)
	require.NoError(t, err)
	database := u.Path[1:]
	owner, serving := "owner_"+database, "serving_"+database
	t.Cleanup(func() { // roles are the cluster's, not the database's
		_, err := db.Pool.Exec(context.Background(), `DROP OWNED BY `+owner+`, `+serving+`; DROP ROLE `+owner+`, `+serving)
		assert.NoError(t, err)
		assert.NoError(t, db.Close())
	})
	must(t, db, `CREATE ROLE `+owner+` LOGIN`)
	must(t, db, `CREATE ROLE `+serving+` LOGIN`)
	must(t, db, `GRANT CREATE ON SCHEMA public TO `+owner)
	must(t, db, `CREATE TABLE notes (n int)`)
	must(t, db, `GRANT SELECT ON notes TO `+serving)
	as := func(role string) string {
		u.User = url.User(role)
		return u.String()
	}
	require.NoError(t, pg.MigrateAs(t.Context(), as(owner), as(serving)))
	assert.Zero(t, ask[int](t, as(serving), `SELECT count(*) FROM notes`), "who may read it still may")
}
