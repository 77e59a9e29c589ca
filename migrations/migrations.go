// Package migrations holds the schema of the database as SQL that the binary carries.
//
// A file named <id>_<name>.tx.up.sql runs in a transaction of its own; ids are dates and only grow.
// server/pg runs them; nothing here knows how.
package migrations

import "embed"

// FS holds every migration, at its root.
//
//go:embed *.sql
var FS embed.FS
