package pg

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// held is a statement that waits for COMMIT.
type held struct {
	begins bool // BEGIN waits with it
	query  string
	args   []any
	row    *Row // nil: nobody wants it
	tag    pgconn.CommandTag
	sent   bool
}

// RowsAffected is known after COMMIT.
func (h *held) RowsAffected() (int64, error) {
	if !h.sent {
		return 0, errors.New("pg: what travels with COMMIT has no result before it")
	}
	return h.tag.RowsAffected(), nil
}

func (h *held) LastInsertId() (int64, error) {
	return 0, errors.New("pg: PostgreSQL knows no last id: use RETURNING")
}

// read reads the results of what travels before COMMIT.
func (h *held) read(types *pgtype.Map, results pgx.BatchResults) error {
	if h.begins {
		if _, err := results.Exec(); err != nil {
			return err
		}
	}
	rows, err := results.Query()
	if err == nil {
		h.tag, err = h.row.take(types, rows)
	}
	return err
}

// Row is the row of a statement that travels with COMMIT: what it says is true only when COMMIT has answered, so it can
// be read only after that. Its columns must be of the types that travel with BEGIN. The zero value is ready for one
// Serializable; each attempt starts it afresh.
type Row struct {
	types  *pgtype.Map
	fields []pgconn.FieldDescription
	values [][]byte
	came   bool
}

// Together is Together's context for a statement that returns at most one row, which goes to r. When the statement is
// the transaction's first as well, BEGIN travels along: the whole transaction takes one round trip.
func (r *Row) Together(ctx context.Context) context.Context {
	*r = Row{}
	return context.WithValue(ctx, together{}, r)
}

// Scan reads the columns as pgx does. Errors: sql.ErrNoRows when the statement has returned none, or has not been
// carried out.
func (r *Row) Scan(dest ...any) error {
	if !r.came {
		return sql.ErrNoRows
	}
	if len(dest) != len(r.values) {
		return fmt.Errorf("pg: a row of %d columns is read into %d", len(r.values), len(dest))
	}
	for i, f := range r.fields {
		// By now the connection, and its type map, are somebody else's.
		if _, travels := travelling[f.DataTypeOID]; !travels {
			return fmt.Errorf("pg: column %s: a value of type %d does not travel with COMMIT", f.Name, f.DataTypeOID)
		}
		if err := r.types.Scan(f.DataTypeOID, f.Format, r.values[i], dest[i]); err != nil {
			return fmt.Errorf("pg: column %s: %w", f.Name, err)
		}
	}
	return nil
}

// take reads the rest of a result, and keeps its first row if r is not nil.
func (r *Row) take(types *pgtype.Map, rows pgx.Rows) (pgconn.CommandTag, error) {
	defer rows.Close()
	for rows.Next() {
		if r == nil || r.came {
			continue
		}
		r.came, r.types = true, types
		r.fields = append(r.fields, rows.FieldDescriptions()...)
		for _, raw := range rows.RawValues() {
			r.values = append(r.values, cloned(raw))
		}
	}
	rows.Close()
	return rows.CommandTag(), rows.Err()
}

// cloned is a copy of a value that is nil where the value is NULL, and only there.
func cloned(raw []byte) []byte {
	if raw == nil {
		return nil
	}
	return append([]byte{}, raw...)
}
