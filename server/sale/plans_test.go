package sale //nolint:testpackage // the statements are nobody else's

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"stampede/model"
	"stampede/server/pg/pgtest"
)

// TestThePlansOfAPurchaseNeverScan: a connection plans the statements of a purchase once, perhaps while the tables
// are empty, and keeps to that until they are large. Whatever their size and whatever is known of it, the plans are the
// same.
func TestThePlansOfAPurchaseNeverScan(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	conn, err := db.Pool.Acquire(t.Context())
	require.NoError(t, err)
	t.Cleanup(conn.Release)
	p := planner{conn}
	p.run(t, "PREPARE load AS "+loadSQL)
	p.run(t, "PREPARE write AS "+writeSQL)
	p.run(t, "PREPARE sell AS "+sellSQL)
	p.check(t, "with no sale")
	p.run(t, `INSERT INTO sales (sku, name, stock, starts_at) VALUES ('s', 'n', 100000000, now())`)
	for _, size := range []int{0, 1_000, 100_000} {
		p.run(t, fmt.Sprintf(`INSERT INTO purchases SELECT 1, n, 'shopper-' || n, 'key', now()
			FROM generate_series((SELECT sold FROM sales) + 1, %d) AS n`, size))
		p.run(t, fmt.Sprintf(`UPDATE sales SET sold = %d`, size))
		p.check(t, fmt.Sprint("planned before, at ", size))
		p.run(t, `DISCARD PLANS`) // now it knows what a new connection knows
		p.check(t, fmt.Sprint("planned at ", size))
		p.run(t, `ANALYZE sales, purchases`)
		p.check(t, fmt.Sprint("planned and analyzed at ", size))
	}
}

// TestThePlansOfAPurchaseDoNotTrustSmallSales: where every sale so far has sold one unit, the primary key must not seem
// as good a way to a shopper as the unique index.
func TestThePlansOfAPurchaseDoNotTrustSmallSales(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	conn, err := db.Pool.Acquire(t.Context())
	require.NoError(t, err)
	t.Cleanup(conn.Release)
	p := planner{conn}
	p.run(t, "PREPARE load AS "+loadSQL)
	p.run(t, "PREPARE write AS "+writeSQL)
	p.run(t, "PREPARE sell AS "+sellSQL)
	for _, sales := range []int{1, 150} {
		p.run(t, fmt.Sprintf(`INSERT INTO purchases SELECT n, 1, 'shopper', 'key', now()
			FROM generate_series((SELECT count(*) FROM purchases) + 1, %d) AS n`, sales))
		p.run(t, `ANALYZE sales, purchases`)
		p.check(t, fmt.Sprint("after small sales: ", sales))
	}
}

// TestThePlansOfReadsLookUp: what is read for a shopper or an operator is found by an index of the sale's, however many
// sales and purchases there are. An index on (sale_id, shopper_id) that is searched for a shopper alone is read as a whole
// before PostgreSQL 18.
func TestThePlansOfReadsLookUp(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	_, err := db.Pool.Exec(t.Context(), fmt.Sprintf(`
		INSERT INTO sales (sku, name, stock, sold, starts_at) SELECT 's', 'n', 100, 10, now() FROM generate_series(1, %d);
		INSERT INTO purchases SELECT id, n, 'shopper-' || n, 'key', now() FROM sales, generate_series(1, 10) AS n;
		ANALYZE sales, purchases`, MaxSales))
	require.NoError(t, err)
	var asked overheard
	listening := *db
	listening.DB = db.WithQueryHook(&asked)
	store := NewStore(&listening, nil, slog.New(slog.DiscardHandler))
	found, total, err := store.PurchasesBy(t.Context(), "shopper-1", 9_000, 3)
	require.NoError(t, err)
	assert.Equal(t, MaxSales, total)
	require.Len(t, found, 3)
	assert.Equal(t, []model.SaleID{8_999, 8_998, 8_997}, []model.SaleID{found[0].SaleID, found[1].SaleID, found[2].SaleID})
	_, _, err = store.PurchasesBy(t.Context(), "shopper-1", 0, 3)
	require.NoError(t, err)
	_, _, err = store.PurchaseBy(t.Context(), 1, "shopper-1")
	require.NoError(t, err)
	_, _, err = store.PurchaseNumbered(t.Context(), 1, 1)
	require.NoError(t, err)
	_, _, err = store.PurchasesIn(t.Context(), 1, model.PurchaseFilter{}, 1, 3)
	require.NoError(t, err)
	_, err = store.SoldAt(t.Context(), 1, 3)
	require.NoError(t, err)
	_, _, err = store.ChangesOf(t.Context(), 1, 3, 3)
	require.NoError(t, err)
	require.Len(t, asked, 12)
	conn, err := db.Pool.Acquire(t.Context())
	require.NoError(t, err)
	t.Cleanup(conn.Release)
	for _, query := range asked {
		plan := planner{conn}.plan(t, query)
		plan.neverScans(t, query)
		for _, n := range plan {
			if n.Index == "purchases_pkey" || n.Index == "one_per_shopper" {
				assert.Contains(t, n.Cond, "sale_id = ", "%s: %+v", query, n)
			}
		}
	}
}

// TestAPageIsReadAsAPage: where statistics tell of far fewer purchases than there are, a page is still all that is read.
func TestAPageIsReadAsAPage(t *testing.T) {
	t.Parallel()
	const units, limit = 20_000, 100
	db := pgtest.New(t)
	_, err := db.Pool.Exec(t.Context(), fmt.Sprintf(`
		INSERT INTO sales (sku, name, stock, sold, starts_at) VALUES ('s', 'n', 100000, %[1]d, now());
		ANALYZE sales, purchases;
		INSERT INTO purchases SELECT 1, n, 'shopper-' || n, 'key', now() FROM generate_series(1, %[1]d) AS n`, units))
	require.NoError(t, err)
	var asked overheard
	listening := *db
	listening.DB = db.WithQueryHook(&asked)
	store := NewStore(&listening, nil, slog.New(slog.DiscardHandler))
	page, err := store.PurchasesAfter(t.Context(), 1, 70, limit)
	require.NoError(t, err)
	listed, total, err := store.PurchasesIn(t.Context(), 1, model.PurchaseFilter{}, 70, limit)
	require.NoError(t, err)
	assert.Equal(t, units, total)
	require.Len(t, page, limit)
	assert.Equal(t, page, listed)
	assert.Equal(t, []int{71, 170}, []int{page[0].Ordinal, page[limit-1].Ordinal})
	conn, err := db.Pool.Acquire(t.Context())
	require.NoError(t, err)
	t.Cleanup(conn.Release)
	require.Len(t, asked, 3)
	for _, query := range asked {
		for _, n := range (planner{conn}).plan(t, query, "ANALYZE, ") {
			assert.LessOrEqual(t, n.Rows, float64(limit), "%s: %+v", query, n)
		}
	}
}

// planner asks one connection of the pool how it would carry out the statements of a purchase.
type planner struct{ conn *pgxpool.Conn }

func (p planner) run(t *testing.T, statement string) {
	t.Helper()
	_, err := p.conn.Exec(t.Context(), statement)
	require.NoError(t, err)
}

// check holds what the plans say. A $1 in them is a parameter: they are made for every sale, and made once.
func (p planner) check(t *testing.T, when string) {
	t.Helper()
	load := p.plan(t, `EXECUTE load(1, 0, '{}', '{a,b}', 'z', now())`)
	load.neverScans(t, when)
	load.asByOrdinal("$5", "$2")
	load.looksUp(t, when, "sales", [2]string{"sales_pkey", "(id = $1)"})
	load.looksUp(t, when, "purchases",
		[2]string{"one_per_shopper", "((sale_id = $1) AND ((shopper_id)::text = wanted.shopper_id))"},
		[2]string{"purchases_pkey", "((sale_id = $1) AND (ordinal = $2))"})
	write := p.plan(t, `EXECUTE write(1, 2, 1, '{1,2}', '{a,b}', '{x,y}')`)
	write.neverScans(t, when)
	write.looksUp(t, when, "sales", [2]string{"sales_pkey", "(id = $1)"})
	sell := p.plan(t, `EXECUTE sell(1, 2, 1, 64, 0, '{a,b}', '{x,y}', 'z', now(), '')`)
	sell.neverScans(t, when)
	sell.asByOrdinal("$8", "$5")
	sell.looksUp(t, when, "sales",
		[2]string{"sales_pkey", "(id = $1)"}, // only where nobody knows where it lies
		[2]string{"", "(ctid = COALESCE((NULLIF($10, ''::text))::tid, (InitPlan 1).col1))"})
	sell.looksUp(t, when, "purchases", [2]string{"purchases_pkey", "((sale_id = $1) AND (ordinal = $5))"})
}

// node is a node of a plan, as EXPLAIN tells of it.
type node struct {
	Type     string  `json:"Node Type"`
	Relation string  `json:"Relation Name"`
	Index    string  `json:"Index Name"`
	Cond     string  `json:"Index Cond"`
	Place    string  `json:"TID Cond"`
	Rows     float64 `json:"Actual Rows"`
	Plans    []node
}

// plan is every node of a statement's plan.
type plan []node

// The options are those of EXPLAIN, each with a comma.
func (p planner) plan(t *testing.T, statement string, options ...string) plan {
	t.Helper()
	var text []byte
	explain := "EXPLAIN (" + strings.Join(options, "") + "FORMAT JSON) "
	require.NoError(t, p.conn.QueryRow(t.Context(), explain+statement).Scan(&text))
	var found []struct{ Plan node }
	require.NoError(t, json.Unmarshal(text, &found), "%s", text)
	require.Len(t, found, 1)
	return found[0].Plan.flat()
}

func (n node) flat() plan {
	below := n.Plans
	n.Plans = nil
	all := plan{n}
	for _, b := range below {
		all = append(all, b.flat()...)
	}
	return all
}

// asByOrdinal tells of the last purchase that was seen as if it were looked up by its ordinal: it is one row, by whichever
// of the two unique indexes.
func (p plan) asByOrdinal(shopper, ordinal string) {
	for i, n := range p {
		if n.Index == "one_per_shopper" && n.Cond == "((sale_id = $1) AND ((shopper_id)::text = "+shopper+"))" {
			p[i].Index, p[i].Cond = "purchases_pkey", "((sale_id = $1) AND (ordinal = "+ordinal+"))"
		}
	}
}

func (p plan) neverScans(t *testing.T, when string) {
	t.Helper()
	for _, n := range p {
		assert.NotEqual(t, "Seq Scan", n.Type, "%s: %+v", when, n)
	}
}

// looksUp holds that a table is read by these indexes and conditions, once by each, and in no other way; without an index
// it is read at one place.
func (p plan) looksUp(t *testing.T, when, table string, by ...[2]string) {
	t.Helper()
	var want, reads []node
	for _, b := range by {
		if b[0] == "" {
			want = append(want, node{Type: "Tid Scan", Relation: table, Place: b[1]})
			continue
		}
		want = append(want, node{Type: "Index Scan", Relation: table, Index: b[0], Cond: b[1]})
	}
	for _, n := range p {
		if n.Relation == table && n.Type != "ModifyTable" {
			reads = append(reads, n)
		}
	}
	assert.ElementsMatch(t, want, reads, "%s", when)
}

// overheard are the queries that bun has sent.
type overheard []string

func (o *overheard) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

func (o *overheard) AfterQuery(_ context.Context, event *bun.QueryEvent) {
	*o = append(*o, event.Query)
}
