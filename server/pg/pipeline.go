package pg

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// A transaction of a purchase needs two statements and, as database/sql has it, four round trips. This file lets BEGIN
// travel with the first statement and COMMIT with the last, which makes it two (docs/adr/0007); where one statement is
// both, it makes it one (docs/adr/0013).

type together struct{}

// Together is the context of a serializable transaction's first and last statement. A query that is the first one
// travels with BEGIN; its columns must be of the types bool, int, text, varchar, json, jsonb or timestamptz. A
// statement that is executed travels with COMMIT, and with BEGIN too when it is the only one: nothing may follow it,
// its errors are those of COMMIT, and its result can be read only when Serializable has returned nil. For its row, see
// Row.
func Together(ctx context.Context) context.Context {
	return context.WithValue(ctx, together{}, (*Row)(nil))
}

// isTogether also gives the row that is waited for, nil for none.
func isTogether(ctx context.Context) (*Row, bool) {
	row, ok := ctx.Value(together{}).(*Row)
	return row, ok
}

// connector opens connections that hold BEGIN back.
type connector struct{ driver.Connector }

func openDB(pool *pgxpool.Pool) *sql.DB {
	db := sql.OpenDB(connector{stdlib.GetPoolConnector(pool)})
	db.SetMaxIdleConns(0) // the pool keeps them
	return db
}

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	std, ok := conn.(*stdlib.Conn)
	if !ok {
		return nil, fmt.Errorf("pg: %T is not a connection of pgx", conn)
	}
	return &pipeline{Conn: std}, nil
}

// pipeline is a connection that holds back BEGIN until the first statement, and the last statement until COMMIT.
type pipeline struct {
	*stdlib.Conn
	open   bool   // in a transaction of BeginTx's
	begin  string // not sent yet
	last   *held  // not sent yet
	failed error  // why there is no transaction, although one was begun
}

const beginSerializable = "begin isolation level serializable"

// Names of the two statements that every connection prepares, as they are seen on the wire.
const (
	beginName  = "stampede_begin"
	commitName = "stampede_commit"
)

// BeginTx holds BEGIN back when the transaction is serializable.
func (p *pipeline) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	if sql.IsolationLevel(opts.Isolation) != sql.LevelSerializable || opts.ReadOnly {
		return p.Conn.BeginTx(ctx, opts)
	}
	if p.Conn.Conn().IsClosed() {
		return nil, driver.ErrBadConn
	}
	p.open, p.begin, p.last, p.failed = true, beginSerializable, nil, nil
	return &pipelineTx{p: p, ctx: ctx}, nil
}

// flush sends BEGIN, if that has not been done.
func (p *pipeline) flush(ctx context.Context) error {
	if p.last != nil {
		return errors.New("pg: a statement follows the one that travels with COMMIT")
	}
	if p.begin == "" {
		return p.failed
	}
	begin := p.begin
	p.begin = ""
	_, err := p.Conn.Conn().Exec(ctx, begin)
	return p.began(err)
}

// began notes whether there is a transaction: where there is none, no statement may run as if there were.
func (p *pipeline) began(err error) error {
	err = asBegin(err)
	if p.Conn.Conn().PgConn().TxStatus() == 'I' {
		p.failed = err
	}
	return err
}

// asBegin marks an error that came while BEGIN was under way: unless the server has refused the statement, the
// connection had died.
func asBegin(err error) error {
	if said, ok := errors.AsType[*pgconn.PgError](err); err == nil || ok && said.SeverityUnlocalized == "ERROR" {
		return err
	}
	return &beginError{err}
}

// prepare makes sure that the statements of a batch need no round trip of their own, but for the first time.
func (p *pipeline) prepare(ctx context.Context, name, statement, query string) error {
	conn := p.Conn.Conn()
	if _, err := conn.Prepare(ctx, name, statement); err != nil {
		return err
	}
	_, err := conn.Prepare(ctx, query, query)
	return err
}

// QueryContext sends a query, together with BEGIN where Together allows it.
func (p *pipeline) QueryContext(ctx context.Context, query string, named []driver.NamedValue) (driver.Rows, error) {
	if _, ok := isTogether(ctx); p.begin == "" || p.last != nil || !ok {
		if err := p.flush(ctx); err != nil {
			return nil, err
		}
		return p.Conn.QueryContext(ctx, query, asItIs(named))
	}
	if err := p.prepare(ctx, beginName, beginSerializable, query); err != nil {
		return nil, p.began(p.heal(err))
	}
	var batch pgx.Batch
	batch.Queue(beginName)
	batch.Queue(query, values(named)...)
	p.begin = ""
	results := p.Conn.Conn().SendBatch(ctx, &batch)
	found, err := readAll(p.Conn.Conn().TypeMap(), results)
	if err != nil {
		return nil, p.began(p.heal(err))
	}
	return found, nil
}

// asItIs are the arguments by which pgx keeps a query without parameters unprepared. bun writes the values into the
// text: each text kept would be a round trip for its preparation, later one for another's who needs the room, and a
// plan that nobody uses again. (As the mode of all queries, it would have the server describe a batch's results, too.)
func asItIs(named []driver.NamedValue) []driver.NamedValue {
	if len(named) > 0 {
		return named
	}
	return []driver.NamedValue{{Ordinal: 1, Value: pgx.QueryExecModeExec}}
}

// heal closes a connection that no longer knows its prepared statements, or whose statements have other results than
// they had: the next one prepares them again.
func (p *pipeline) heal(err error) error {
	said, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || said.Code != "26000" && said.Code != "0A000" { // invalid_sql_statement_name, feature_not_supported
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = p.Conn.Conn().Close(ctx)
	return &beginError{err}
}

// ExecContext sends a statement, or holds it back for COMMIT where Together allows it.
func (p *pipeline) ExecContext(ctx context.Context, query string, named []driver.NamedValue) (driver.Result, error) {
	row, together := isTogether(ctx)
	if together && p.begin != "" && p.last == nil {
		return p.hold(ctx, &held{begins: true, query: query, args: values(named), row: row})
	}
	if err := p.flush(ctx); err != nil {
		return nil, err
	}
	if together && p.open && p.Conn.Conn().PgConn().TxStatus() == 'T' {
		return p.hold(ctx, &held{query: query, args: values(named), row: row})
	}
	return p.Conn.ExecContext(ctx, query, named)
}

// hold keeps a statement back for COMMIT.
func (p *pipeline) hold(ctx context.Context, h *held) (driver.Result, error) {
	err := p.prepare(ctx, commitName, "commit", h.query)
	if err == nil && h.begins {
		_, err = p.Conn.Conn().Prepare(ctx, beginName, beginSerializable)
	}
	switch {
	case err == nil:
		p.last = h
		return h, nil
	case h.begins:
		p.begin = ""
		return nil, p.began(p.heal(err))
	default:
		return nil, err
	}
}

// PrepareContext prepares a statement.
func (p *pipeline) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if err := p.flush(ctx); err != nil {
		return nil, err
	}
	return p.Conn.PrepareContext(ctx, query)
}

// pipelineTx ends a transaction that pipeline has begun. Its context is that of BEGIN, which no caller ends.
type pipelineTx struct {
	p   *pipeline
	ctx context.Context
}

// Commit sends what was held back, together with COMMIT. When the former fails, the latter is not carried out.
func (tx *pipelineTx) Commit() error {
	p, last := tx.p, tx.p.last
	unsent, failed := p.begin != "", p.failed
	p.open, p.begin, p.last, p.failed = false, "", nil, nil
	switch {
	case failed != nil:
		return failed
	case last != nil:
	case unsent: // nothing was done
		return nil
	default:
		return committed(p.Conn.Conn().Exec(tx.ctx, "commit"))
	}
	err := tx.commitWith(last)
	last.sent = err == nil
	return err
}

// commitWith sends a statement and COMMIT, and BEGIN before them where it has not been sent yet.
func (tx *pipelineTx) commitWith(last *held) (err error) {
	conn := tx.p.Conn.Conn()
	var batch pgx.Batch
	if last.begins {
		batch.Queue(beginName)
	}
	batch.Queue(last.query, last.args...)
	batch.Queue(commitName)
	results := conn.SendBatch(tx.ctx, &batch)
	if err := last.read(conn.TypeMap(), results); err != nil {
		_ = results.Close()
		if !conn.IsClosed() && conn.PgConn().TxStatus() != 'I' {
			_, _ = conn.Exec(tx.ctx, "rollback") // the connection says whether it is of any more use
		}
		return tx.p.heal(err)
	}
	err = committed(results.Exec())
	if closed := results.Close(); err == nil && closed != nil {
		return fmt.Errorf("pg: after COMMIT: %v", closed) //nolint:errorlint // whatever it is, it refuses nothing
	}
	return err
}

// committed tells a COMMIT that the server has turned into a ROLLBACK from one that it has not.
func committed(tag pgconn.CommandTag, err error) error {
	if err == nil && tag.String() == "ROLLBACK" {
		return pgx.ErrTxCommitRollback
	}
	return err
}

// Rollback forgets what was held back.
func (tx *pipelineTx) Rollback() error {
	began := tx.p.begin == "" && tx.p.failed == nil // what waits with BEGIN has not been sent
	tx.p.open, tx.p.begin, tx.p.last, tx.p.failed = false, "", nil, nil
	if !began {
		return nil
	}
	_, err := tx.p.Conn.Conn().Exec(tx.ctx, "rollback")
	if err != nil { // it is in nobody's hands any more: what it holds, the server gives back when it ends
		_ = tx.p.Conn.Conn().Close(tx.ctx)
	}
	return err
}

func values(named []driver.NamedValue) []any {
	all := make([]any, len(named))
	for i, v := range named {
		all[i] = v.Value
	}
	return all
}

// rows are what a query that travelled with BEGIN has found.
type rows struct {
	columns []string
	found   [][]driver.Value
}

// readAll reads the results of BEGIN and of a query.
func readAll(types *pgtype.Map, results pgx.BatchResults) (all *rows, err error) {
	defer func() {
		if closed := results.Close(); err == nil {
			err = closed
		}
	}()
	if _, err := results.Exec(); err != nil {
		return nil, err
	}
	r, err := results.Query()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	all = &rows{}
	for _, f := range r.FieldDescriptions() {
		all.columns = append(all.columns, f.Name)
	}
	for r.Next() {
		row := make([]driver.Value, len(all.columns))
		for i, raw := range r.RawValues() {
			f := r.FieldDescriptions()[i]
			if row[i], err = valueOf(types, f.DataTypeOID, f.Format, raw); err != nil {
				return nil, fmt.Errorf("pg: column %s: %w", f.Name, err)
			}
		}
		all.found = append(all.found, row)
	}
	return all, r.Err()
}

// travelling are the types that travel with BEGIN or COMMIT, and how each is read into what database/sql works with. A
// connection's type map reads them without learning anything.
var travelling = map[uint32]func(types *pgtype.Map, oid uint32, format int16, raw []byte) (driver.Value, error){
	pgtype.BoolOID:        scan[bool],
	pgtype.Int2OID:        scan[int64],
	pgtype.Int4OID:        scan[int64],
	pgtype.Int8OID:        scan[int64],
	pgtype.TimestamptzOID: scan[time.Time],
	pgtype.TextOID:        scan[string],
	pgtype.VarcharOID:     scan[string],
	pgtype.JSONOID:        scan[[]byte],
	pgtype.JSONBOID:       scan[[]byte],
}

func scan[T any](types *pgtype.Map, oid uint32, format int16, raw []byte) (driver.Value, error) {
	var v T
	err := types.Scan(oid, format, raw, &v)
	return v, err
}

// valueOf reads a column's value into what database/sql works with.
func valueOf(types *pgtype.Map, oid uint32, format int16, raw []byte) (driver.Value, error) {
	read, travels := travelling[oid]
	switch {
	case raw == nil:
		return nil, nil //nolint:nilnil // NULL is nil
	case !travels:
		return nil, fmt.Errorf("a value of type %d does not travel with BEGIN", oid)
	default:
		return read(types, oid, format, raw)
	}
}

func (r *rows) Columns() []string { return r.columns }
func (r *rows) Close() error      { return nil }

func (r *rows) Next(dest []driver.Value) error {
	if len(r.found) == 0 {
		return io.EOF
	}
	copy(dest, r.found[0])
	r.found = r.found[1:]
	return nil
}
