package pg

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
)

// awayClasses are the classes of SQLSTATEs that speak of the server and not of the statement: connection exceptions,
// transaction rollback, insufficient resources, operator intervention (a statement that was cancelled among them),
// system errors.
var awayClasses = []string{"08", "40", "53", "57", "58"}

// IsAway says whether a read got no answer because the database was away, slow or short of something: asked again, it
// may get one. What the server refuses for the statement's own sake is not that, nor are a row that is not there and a
// caller who has left.
func IsAway(err error) bool {
	switch {
	case err == nil, errors.Is(err, sql.ErrNoRows), errors.Is(err, context.Canceled):
		return false
	case errors.Is(err, context.DeadlineExceeded):
		return true
	}
	said, ok := errors.AsType[*pgconn.PgError](err)
	if !ok { // the network, or the pool
		return true
	}
	ended := said.SeverityUnlocalized == "FATAL" || said.SeverityUnlocalized == "PANIC" // the session, or its beginning
	return ended || said.Code == lockNotAvailable || len(said.Code) == 5 && slices.Contains(awayClasses, said.Code[:2])
}
