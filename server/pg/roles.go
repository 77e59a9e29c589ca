package pg

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// ServingRole is the role that serves in an embedded cluster, and in those of tests.
const ServingRole = "stampede_server"

// rights are all that serving takes. There is no DELETE and no TRUNCATE, no update of a purchase or of what a sale
// sells, and no DDL: whatever goes wrong in the code above, a confirmed purchase stays.
var rights = []string{
	`GRANT USAGE ON SCHEMA public TO `,
	`GRANT SELECT ON bun_migrations, sales, purchases, sale_changes TO `,
	`GRANT INSERT ON sales, purchases, sale_changes TO `,
	`GRANT UPDATE (stock, sold, version, starts_at, ends_at, paused_at, ended_at) ON sales TO `,
}

// MigrateAs migrates as the owner of the schema, whom ownerURL names, and leaves to the user whom servingURL names what
// serving takes and nothing more. A serving user that does not exist is made, where the owner may make one, with the
// password of servingURL. Doing it again changes nothing. The options are those of Open.
//
// Errors: ErrBadURL, ErrSameRole, ErrOtherDatabase, those of Open and Migrate.
func MigrateAs(ctx context.Context, ownerURL, servingURL string, opts ...Option) (err error) {
	serving, err := parseURL(servingURL)
	if err != nil {
		return err
	}
	migrating, err := parseURL(ownerURL)
	if err != nil {
		return err
	}
	name, password := serving.ConnConfig.User, serving.ConnConfig.Password
	switch served, migrated := databaseOf(serving), databaseOf(migrating); {
	case name == migrating.ConnConfig.User:
		return fmt.Errorf("pg: %w", ErrSameRole)
	case served != migrated:
		return fmt.Errorf("pg: %w: the owner's URL names %s, the other one %s", ErrOtherDatabase, migrated, served)
	}
	owner, err := Open(ctx, ownerURL, append(opts, WithMaxConns(2))...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, owner.Close()) }()
	if err := owner.Migrate(ctx); err != nil {
		return err
	}
	return owner.leaveTo(ctx, name, password)
}

// Errors of MigrateAs, before anything is changed.
var (
	ErrSameRole      = errors.New("the owner of the schema and the user who serves must not be the same")
	ErrOtherDatabase = errors.New("the owner of the schema must migrate the database that is served")
)

// databaseOf is the database that a URL leads to: where it names none, PostgreSQL takes the user's name.
func databaseOf(cfg *pgxpool.Config) string {
	return cmp.Or(cfg.ConnConfig.Database, cfg.ConnConfig.User)
}

// leaveTo gives a role its rights. Servers that start at the same time take turns, as they do for migrating.
func (db *DB) leaveTo(ctx context.Context, role, password string) error {
	unlock, err := db.lockMigrations(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	name := pgx.Identifier{role}.Sanitize()
	var there bool
	err = db.Pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)`, role).Scan(&there)
	if err == nil && !there {
		login := `CREATE ROLE ` + name + ` LOGIN`
		if password != "" {
			login += ` PASSWORD '` + verifier(password) + `'`
		}
		_, err = db.Pool.Exec(ctx, login)
	}
	if err != nil {
		return fmt.Errorf("pg: make the role that serves: %w", err)
	}
	tx, err := db.Pool.Begin(ctx)
	if err != nil {
		return fmt.Errorf("pg: grant: %w", err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // after a commit it does nothing
	// What an earlier version gave and this one does not: away with it. Tables of others in this schema are none of ours.
	const ours = `bun_migrations, bun_migration_locks, sales, purchases, sale_changes`
	statements := []string{`REVOKE ALL ON ` + ours + ` FROM ` + name}
	for _, right := range rights {
		statements = append(statements, right+name)
	}
	for _, statement := range statements {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return fmt.Errorf("pg: grant: %w", err)
		}
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("pg: grant: %w", err)
	}
	return nil
}

const scramRounds = 4096

// verifier is what PostgreSQL keeps of a password (SCRAM-SHA-256, RFC 5803): so the password itself is in no statement,
// and in no log.
func verifier(password string) string {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // it never fails
	salted, err := pbkdf2.Key(sha256.New, password, salt, scramRounds, sha256.Size)
	if err != nil {
		panic(err) // the parameters are constants that it takes
	}
	keyed := func(key []byte, text string) []byte {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(text))
		return mac.Sum(nil)
	}
	stored := sha256.Sum256(keyed(salted, "Client Key"))
	text := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("SCRAM-SHA-256$%d:%s$%s:%s",
		scramRounds, text(salt), text(stored[:]), text(keyed(salted, "Server Key")))
}
