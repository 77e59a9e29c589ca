package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/graph"
	"stampede/server/pg"
)

// changeAs changes a sale as somebody, and returns the payload.
func (h *house) changeAs(t *testing.T, who, name, kind string, input vars) map[string]any {
	t.Helper()
	return h.must(t, h.token(t, who, graph.ScopeOperator), `mutation($input: `+kind+`!) { `+name+`(input: $input) {
		sale { revision changes(first: 1) { nodes { revision } } } userErrors { field code message } } }`,
		vars{"input": input}, name).(map[string]any)
}

// TestEveryChangeSaysWhoAndWhen, and a change that comes too late says who was faster.
func TestEveryChangeSaysWhoAndWhen(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	id := h.schedule(t, 5)
	sale := vars{"saleId": id}
	list := func(more string) any {
		return at(t, h.must(t, h.operator(t), `query($id: ID!) { saleStatus(saleId: $id) { changes`+more+` {
			nodes { id kind changedBy changedAt revision stock sold startsAt endsAt } pageInfo { hasNextPage endCursor } totalCount } } }`,
			vars{"id": id}, "saleStatus"), "changes")
	}
	first := list("")
	assert.Equal(t, "SCHEDULED", at(t, first, "nodes.0.kind"))
	assert.Equal(t, "operator", at(t, first, "nodes.0.changedBy"))
	seen := at(t, first, "nodes.0.revision")

	h.buy(t, "eve", id, "")
	input := vars{"expectedChange": seen}
	maps.Copy(input, sale)
	paused := h.changeAs(t, "mona", "pauseSale", "SaleInput", input)
	assert.Empty(t, paused["userErrors"], "a purchase in between does not matter")
	assert.Equal(t, at(t, paused, "sale.revision"), at(t, paused, "sale.changes.nodes.0.revision"))

	late := h.changeAs(t, "tim", "endSale", "SaleInput", input)
	assert.Nil(t, late["sale"])
	assert.Equal(t, "STALE_REVISION", at(t, late, "userErrors.0.code"))
	assert.Equal(t, []any{"expectedChange"}, at(t, late, "userErrors.0.field"))
	assert.Contains(t, at(t, late, "userErrors.0.message"), "mona was faster")

	h.changeAs(t, "mona", "pauseSale", "SaleInput", sale) // once more changes nothing, and leaves no trace
	h.changeAs(t, "tim", "resumeSale", "SaleInput", sale)
	h.changeAs(t, "tim", "restockSale", "RestockSaleInput", vars{"saleId": id, "add": 7})
	newest := list("(first: 2)")
	assert.Equal(t, "RESTOCKED", at(t, newest, "nodes.0.kind"))
	assert.InDelta(t, 12.0, at(t, newest, "nodes.0.stock"), 0)
	assert.InDelta(t, 1.0, at(t, newest, "nodes.0.sold"), 0)
	assert.Equal(t, "RESUMED", at(t, newest, "nodes.1.kind"))
	assert.Equal(t, true, at(t, newest, "pageInfo.hasNextPage"))
	assert.InDelta(t, 4.0, at(t, newest, "totalCount"), 0, "in all pages together")
	rest := list(`(after: "` + at(t, newest, "pageInfo.endCursor").(string) + `")`)
	assert.Equal(t, "PAUSED", at(t, rest, "nodes.0.kind"))
	assert.Equal(t, "mona", at(t, rest, "nodes.0.changedBy"))
	assert.Equal(t, "SCHEDULED", at(t, rest, "nodes.1.kind"))
	assert.InDelta(t, 4.0, at(t, rest, "totalCount"), 0)

	revision := at(t, h.must(t, "", `{ saleStatus { revision } }`, nil, "saleStatus"), "revision")
	h.buy(t, "bob", id, "")
	stale := h.changeAs(t, "tim", "pauseSale", "SaleInput", vars{"saleId": id, "expectedRevision": revision})
	assert.Equal(t, "STALE_REVISION", at(t, stale, "userErrors.0.code"), "expectedRevision minds purchases, too")
	assert.NotContains(t, at(t, stale, "userErrors.0.message"), "faster", "and blames no operator for them")

	for _, token := range []string{"", h.token(t, "ann")} {
		assert.NotEmpty(t, h.ask(t, token, `{ saleStatus { changes { nodes { id } } } }`, nil).Errors)
	}
}

// fill sells n units of a sale by hand, to s1, s2 and so on, one each millisecond.
func (h *house) fill(t *testing.T, id string, n int) {
	t.Helper()
	saleID, known := graph.ParseSaleID(id)
	require.True(t, known)
	_, err := h.db.ExecContext(t.Context(), `INSERT INTO purchases (sale_id, ordinal, shopper_id, purchased_at)
		SELECT ?, i, 's' || i, timestamptz '2026-01-01 00:00Z' + i * interval '1 ms' FROM generate_series(1, ?) AS i;
		UPDATE sales SET sold = ?, version = version + ? WHERE id = ?`, saleID, n, n, n, saleID)
	require.NoError(t, err)
}

func TestOperatorsSearchPurchases(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	id := h.schedule(t, 5000)
	h.fill(t, id, 1200)
	find := func(filter vars, first int) any {
		return at(t, h.must(t, h.operator(t), `query($id: ID!, $filter: PurchaseFilter, $first: Int!) { saleStatus(saleId: $id) {
			purchases(filter: $filter, first: $first) { totalCount nodes { ordinal shopperId } pageInfo { hasNextPage endCursor } } } }`,
			vars{"id": id, "filter": filter, "first": first}, "saleStatus"), "purchases")
	}
	all := find(nil, 1)
	assert.InDelta(t, 1200, at(t, all, "totalCount"), 0)
	begun := find(vars{"shopperIdPrefix": "s119"}, 5)
	assert.InDelta(t, 11, at(t, begun, "totalCount"), 0, "119 and 1190 to 1199")
	assert.Equal(t, "s119", at(t, begun, "nodes.0.shopperId"))
	assert.Equal(t, "s1190", at(t, begun, "nodes.1.shopperId"))
	assert.Equal(t, true, at(t, begun, "pageInfo.hasNextPage"))
	one := find(vars{"ordinal": 77}, 5)
	assert.InDelta(t, 1, at(t, one, "totalCount"), 0)
	assert.Equal(t, "s77", at(t, one, "nodes.0.shopperId"))
	assert.InDelta(t, 0, at(t, find(vars{"ordinal": 77, "shopperIdPrefix": "x"}, 5), "totalCount"), 0)
	assert.InDelta(t, 0, at(t, find(vars{"shopperIdPrefix": "%"}, 5), "totalCount"), 0, "no wildcard")
	for _, wrong := range []vars{{"ordinal": 0}, {"shopperIdPrefix": ""}, {"shopperIdPrefix": " ann"}, {"shopperIdPrefix": strings.Repeat("x", 65)}} {
		got := h.ask(t, h.operator(t), `query($filter: PurchaseFilter) { saleStatus { purchases(filter: $filter) { totalCount } } }`,
			vars{"filter": wrong})
		assert.Equal(t, "BAD_USER_INPUT", got.Errors[0].Extensions["code"])
	}

	course := at(t, h.must(t, h.operator(t), `{ saleStatus { soldAt(points: 3) { sold at } } }`, nil, "saleStatus"), "soldAt")
	assert.Equal(t, []any{
		vars{"sold": 1.0, "at": "2026-01-01T00:00:00.001Z"},
		vars{"sold": 600.0, "at": "2026-01-01T00:00:00.600Z"},
		vars{"sold": 1200.0, "at": "2026-01-01T00:00:01.200Z"},
	}, course)
	got := h.ask(t, h.operator(t), `{ saleStatus { soldAt(points: 1) { sold } } }`, nil)
	assert.Equal(t, "BAD_USER_INPUT", got.Errors[0].Extensions["code"])

	require.Equal(t, "PurchaseSuccess", h.buy(t, "ann smith", id, "")["__typename"])
	assert.Equal(t, "ann smith", at(t, find(vars{"shopperIdPrefix": "ann "}, 5), "nodes.0.shopperId"), "letter by letter")
}

// export asks for a sale's purchases as CSV.
func (h *house) export(t *testing.T, token, id string) (*http.Response, [][]string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.url+"/sales/"+id+"/purchases.csv", http.NoBody)
	require.NoError(t, err)
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := h.client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return response, nil
	}
	rows, err := csv.NewReader(response.Body).ReadAll()
	require.NoError(t, err)
	return response, rows
}

func TestExportOfPurchases(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	id := h.schedule(t, 20_000)
	_, none := h.export(t, h.operator(t), id)
	assert.Equal(t, [][]string{{"ordinal", "shopper_id", "purchased_at", "purchase_id"}}, none)

	h.fill(t, id, 10_000) // exactly two pages
	h.schedule(t, 1)      // a sale beside it
	require.NoError(t, h.relay.Sync(t.Context()))
	for _, shopper := range []string{`=HYPERLINK("http://evil.example")`, "@SUM(A1)", "-1", "+1", "'quoted", `a "b", c`} {
		require.Equal(t, "PurchaseSuccess", h.buy(t, shopper, id, "")["__typename"])
	}
	response, rows := h.export(t, h.operator(t), id)
	assert.Equal(t, "text/csv; charset=utf-8; header=present", response.Header.Get("Content-Type"))
	assert.Equal(t, "no-store", response.Header.Get("Cache-Control"))
	assert.Contains(t, response.Header.Get("Content-Disposition"), id)
	require.Len(t, rows, 1+10_000+6)
	assert.Equal(t, []string{"5001", "s5001", "2026-01-01T00:00:05.001000Z", "purchase_1_5001"}, rows[5001])
	var last []string
	for _, row := range rows[10_001:] {
		last = append(last, row[1])
	}
	assert.Equal(t, []string{
		`'=HYPERLINK("http://evil.example")`, "'@SUM(A1)", "'-1", "'+1", "''quoted", `a "b", c`,
	}, last, "nothing that a spreadsheet would run")

	for name, c := range map[string]struct {
		token, id string
		want      int
	}{
		"nobody":    {"", id, http.StatusUnauthorized},
		"a shopper": {h.token(t, "ann"), id, http.StatusForbidden},
		"nonsense":  {h.operator(t), "nonsense", http.StatusNotFound},
		"a forgery": {"nonsense", id, http.StatusUnauthorized},
	} {
		response, _ := h.export(t, c.token, c.id)
		assert.Equal(t, c.want, response.StatusCode, name)
	}
}

// TestAnExportThatBreaksOffIsNotWhole: the database goes away behind the first page.
func TestAnExportThatBreaksOffIsNotWhole(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	id := h.schedule(t, 200_000)
	h.fill(t, id, 100_000)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.url+"/sales/"+id+"/purchases.csv", http.NoBody)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+h.operator(t))
	response, err := h.client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	owner, err := pg.Open(t.Context(), h.owner)
	require.NoError(t, err)
	defer func() { assert.NoError(t, owner.Close()) }()
	_, err = owner.ExecContext(t.Context(), "ALTER TABLE purchases RENAME TO gone")
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, response.Body)
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	h := openHouse(t, func(c *Config) { c.MetricsAddr = "127.0.0.1:0" })
	id := h.schedule(t, 1)
	h.buy(t, "ann", id, "")
	h.buy(t, "bob", id, "")
	s := h.connect(t, "")
	s.subscribe(t, "a", watch, nil)
	s.event(t)
	body := h.scrape(t)
	for _, line := range []string{
		`stampede_purchase_answers_total{answer="SOLD",sale="` + id + `"} 1`,
		`stampede_purchase_answers_total{answer="SOLD_OUT",sale="` + id + `"} 1`,
		`stampede_purchase_answer_seconds_count{sale="` + id + `"} 2`,
		`stampede_commit_retries_total{sale="` + id + `",sqlstate="40001"} 0`,
		`stampede_orders_queued{sale="` + id + `"} 0`,
		`stampede_purchases_unseen{sale="` + id + `"} 0`,
		`stampede_subscribers{sale="` + id + `"} 1`,
		`stampede_edge_refusals_total{reason="over_address_rate"} 0`,
		`stampede_build_info{version="` + version() + `"} 1`,
		"go_goroutines ",
	} {
		assert.Contains(t, body, line)
	}
	response, err := h.client.Get(h.url + "/metrics")
	require.NoError(t, err)
	defer response.Body.Close()
	assert.NotContains(t, response.Header.Get("Content-Type"), "version=", "shoppers are shown the page")
}

// scrape is what Prometheus is told.
func (h *house) scrape(t *testing.T) string {
	t.Helper()
	response, err := h.client.Get("http://" + h.metrics.Addr + "/metrics")
	require.NoError(t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, errors.Join(err, response.Body.Close()))
	return string(body)
}

// TestMetricsTellWhomTheEdgeTurnsAway: nothing else does, and behind a proxy that nobody has named it may be everybody.
func TestMetricsTellWhomTheEdgeTurnsAway(t *testing.T) {
	t.Parallel()
	h := openHouse(t, func(c *Config) {
		c.MetricsAddr, c.Connections, c.PerShopper, c.PerAddress = "127.0.0.1:0", 2, new(1), new(20)
	})
	told := func(metric string, n int) { assert.Contains(t, h.scrape(t), fmt.Sprintf("%s %d\n", metric, n)) }
	require.Equal(t, http.StatusUnauthorized, h.ask(t, "nonsense", `{ viewer { id } }`, nil).Status)
	told(`stampede_edge_refusals_total{reason="invalid_token"}`, 1)
	ann := header("Authorization", "Bearer "+h.token(t, "ann"))
	statuses, _ := h.knock(t, 10, ann)
	require.Positive(t, statuses[http.StatusTooManyRequests])
	told(`stampede_edge_refusals_total{reason="over_shopper_rate"}`, statuses[http.StatusTooManyRequests])
	statuses, _ = h.knock(t, 100, http.Header{})
	require.Positive(t, statuses[http.StatusTooManyRequests])
	told(`stampede_edge_refusals_total{reason="over_address_rate"}`, statuses[http.StatusTooManyRequests])

	held, err := net.Dial("tcp", h.listener.Addr().String())
	require.NoError(t, err)
	defer func() { _ = held.Close() }()
	refused, err := net.Dial("tcp", h.listener.Addr().String())
	require.NoError(t, err)
	defer func() { _ = refused.Close() }()
	_, err = refused.Read(make([]byte, 1))
	require.Error(t, err)
	told(`stampede_edge_refusals_total{reason="connections"}`, 1)
	told("stampede_connections", 2)
}

func TestMetricsAddrIsChecked(t *testing.T) {
	t.Parallel()
	cfg := Config{Connections: 1, Waiting: 1, Addr: ":1", DataDir: ".", Demo: true, LogLevel: "info", LogFormat: "text", MetricsAddr: "nonsense"}
	assert.ErrorContains(t, cfg.check(), "METRICS_ADDR")
}
