package pg_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"

	"stampede/server/pg"
)

func TestIsAway(t *testing.T) {
	t.Parallel()
	refused := func(severity, code string) error {
		return fmt.Errorf("read: %w", &pgconn.PgError{SeverityUnlocalized: severity, Code: code})
	}
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"no error":                   {nil, false},
		"no row":                     {sql.ErrNoRows, false},
		"the caller has left":        {context.Canceled, false},
		"no answer in time":          {context.DeadlineExceeded, true},
		"the connection ended":       {io.ErrUnexpectedEOF, true},
		"nothing listens":            {&pgconn.ConnectError{}, true},
		"a connection exception":     {refused("ERROR", "08006"), true},
		"a conflict with recovery":   {refused("ERROR", "40001"), true},
		"too many connections":       {refused("FATAL", "53300"), true},
		"the disk is full":           {refused("ERROR", "53100"), true},
		"a row is locked":            {refused("ERROR", "55P03"), true},
		"a statement was cancelled":  {refused("ERROR", "57014"), true},
		"the server starts":          {refused("FATAL", "57P03"), true},
		"an I/O error":               {refused("ERROR", "58030"), true},
		"no such role, just now":     {refused("FATAL", "28000"), true},
		"no such table":              {refused("ERROR", "42P01"), false},
		"no right to read":           {refused("ERROR", "42501"), false},
		"an argument that is no int": {refused("ERROR", "22P02"), false},
		"an error without a code":    {refused("ERROR", ""), false},
	} {
		assert.Equal(t, test.want, pg.IsAway(test.err), name)
	}
}
