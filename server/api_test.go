package main

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAShopperBuys(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	id := h.schedule(t, 2)

	bought := h.buy(t, "ann", id, "k1")
	assert.Equal(t, "PurchaseSuccess", bought["__typename"])
	assert.Equal(t, false, bought["replayed"])
	assert.InEpsilon(t, 1.0, at(t, bought, "purchase.ordinal"), 0)
	assert.Equal(t, "ann", at(t, bought, "purchase.shopperId"))
	assert.InEpsilon(t, 1.0, at(t, bought, "purchase.sale.sold"), 0)
	purchaseID := at(t, bought, "purchase.id").(string)

	again := h.buy(t, "ann", id, "k1")
	assert.Equal(t, true, again["replayed"])
	assert.Equal(t, bought["purchase"], again["purchase"], "the first answer again")

	other := h.buy(t, "ann", id, "k2")
	assert.Equal(t, "AlreadyPurchased", other["__typename"])
	assert.Equal(t, "ALREADY_PURCHASED", other["code"])
	assert.Equal(t, purchaseID, at(t, other, "purchase.id"))

	assert.Equal(t, "PurchaseSuccess", h.buy(t, "bob", id, "")["__typename"])
	late := h.buy(t, "cid", id, "")
	assert.Equal(t, "SoldOut", late["__typename"])
	assert.Equal(t, vars{"phase": "SOLD_OUT", "remaining": 0.0}, late["sale"])

	mine := h.must(t, h.token(t, "ann"), `{ viewer { id scopes purchases { totalCount nodes { id sale { id product { name } } }
		edges { cursor } pageInfo { hasNextPage hasPreviousPage endCursor } } } }`, nil, "viewer")
	assert.Equal(t, "ann", at(t, mine, "id"))
	assert.Equal(t, []any{"SHOPPER"}, at(t, mine, "scopes"))
	assert.Equal(t, purchaseID, at(t, mine, "purchases.nodes.0.id"))
	assert.Equal(t, "Lamp", at(t, mine, "purchases.nodes.0.sale.product.name"))
	assert.Equal(t, false, at(t, mine, "purchases.pageInfo.hasNextPage"))

	status := h.must(t, h.token(t, "ann"), `{ saleStatus { viewerPurchase { id } } }`, nil, "saleStatus")
	assert.Equal(t, purchaseID, at(t, status, "viewerPurchase.id"))
	for name, token := range map[string]string{"anonymous": "", "who has not bought": h.token(t, "eve")} {
		status = h.must(t, token, `{ saleStatus { viewerPurchase { id } } }`, nil, "saleStatus")
		assert.Nil(t, at(t, status, "viewerPurchase"), name)
	}
}

func TestPurchaseRefusals(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	operator := h.operator(t)
	upcoming := at(t, h.must(t, operator, scheduleSale, vars{"input": saleInput(1, time.Now().Add(time.Hour))}, "scheduleSale"),
		"sale.id").(string)
	refused := h.buy(t, "ann", upcoming, "")
	assert.Equal(t, "SaleNotActive", refused["__typename"])
	assert.Equal(t, true, refused["retryable"])
	assert.Equal(t, vars{"phase": "UPCOMING"}, refused["sale"])

	for _, unknown := range []string{"sale_999", "sale_0", "sale_01", "nonsense", "purchase_1_1"} {
		refused = h.buy(t, "ann", unknown, "")
		assert.Equal(t, "SaleNotFound", refused["__typename"], unknown)
		assert.Equal(t, false, refused["retryable"])
	}

	open := h.schedule(t, 1)
	for what, input := range map[string]vars{
		"empty key":                {"saleId": open, "idempotencyKey": ""},
		"key of 65 characters":     {"saleId": open, "idempotencyKey": strings.Repeat("k", 65)},
		"control character in key": {"saleId": open, "idempotencyKey": "a\x01"},
		"NUL in key":               {"saleId": open, "idempotencyKey": "a\x00"},
		"empty id":                 {"saleId": ""},
		"id of 65 characters":      {"saleId": strings.Repeat("s", 65)},
	} {
		got := h.ask(t, h.token(t, "ann"), purchase, vars{"input": input})
		require.Len(t, got.Errors, 1, what)
		assert.Equal(t, "BAD_USER_INPUT", got.Errors[0].Extensions["code"], what)
		assert.Equal(t, []any{"purchase"}, got.Errors[0].Path, what)
	}
	got, err := h.send(h.token(t, "ann"), `mutation { purchase(input: {saleId: "`+open+`", idempotencyKey: "\ud800"}) { __typename } }`, nil)
	require.NoError(t, err)
	require.Len(t, got.Errors, 1, "a lone surrogate")
	assert.Equal(t, "PurchaseSuccess", h.buy(t, "ann", open, strings.Repeat("k", 64))["__typename"], "64 characters are fine")
}

func TestAnOperatorRunsASale(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	operator := h.operator(t)
	id := h.schedule(t, 1)
	operate := func(name, kind string, more vars) map[string]any {
		input := vars{"saleId": id}
		maps.Copy(input, more)
		return h.must(t, operator, `mutation($input: `+kind+`!) { `+name+`(input: $input) {
			sale { phase stock remaining revision endsAt } userErrors { field code message } } }`,
			vars{"input": input}, name).(map[string]any)
	}

	paused := operate("pauseSale", "SaleInput", nil)
	assert.Equal(t, "PAUSED", at(t, paused, "sale.phase"))
	refused := h.buy(t, "ann", id, "")
	assert.Equal(t, "SaleNotActive", refused["__typename"])
	assert.Equal(t, vars{"phase": "PAUSED"}, refused["sale"])
	revision := at(t, paused, "sale.revision")

	stale := operate("resumeSale", "SaleInput", vars{"expectedRevision": revision.(float64) - 1})
	assert.Nil(t, stale["sale"])
	assert.Equal(t, "STALE_REVISION", at(t, stale, "userErrors.0.code"))
	resumed := operate("resumeSale", "SaleInput", vars{"expectedRevision": revision})
	assert.Equal(t, "ACTIVE", at(t, resumed, "sale.phase"))

	assert.Equal(t, "PurchaseSuccess", h.buy(t, "ann", id, "")["__typename"])
	assert.Equal(t, "SoldOut", h.buy(t, "bob", id, "")["__typename"])
	restocked := operate("restockSale", "RestockSaleInput", vars{"add": 1})
	assert.Equal(t, "ACTIVE", at(t, restocked, "sale.phase"))
	assert.Equal(t, "PurchaseSuccess", h.buy(t, "bob", id, "")["__typename"])

	moved := operate("rescheduleSale", "RescheduleSaleInput", vars{
		"startsAt": time.Now().Format(time.RFC3339), "endsAt": time.Now().Add(time.Hour).Format(time.RFC3339),
	})
	assert.Equal(t, []any{"startsAt"}, at(t, moved, "userErrors.0.field"), "it has opened")
	assert.Equal(t, "CONFLICT", at(t, moved, "userErrors.0.code"))

	assert.Equal(t, "ENDED", at(t, operate("endSale", "SaleInput", nil), "sale.phase"))
	assert.Equal(t, "CONFLICT", at(t, operate("pauseSale", "SaleInput", nil), "userErrors.0.code"))

	for field, input := range map[string]vars{
		"stock":                {"stock": 1 << 31},
		"startsAt":             {"startsAt": "1999-12-31T23:59:59Z"},
		"endsAt":               {"endsAt": "2001-01-01T00:00:00Z"},
		"product.sku":          {"product": vars{"sku": "", "name": "Lamp"}},
		"product.price.amount": {"product": vars{"sku": "s", "name": "n", "price": vars{"amount": "1e3", "currencyCode": "EUR"}}},
	} {
		whole := saleInput(1, time.Now())
		maps.Copy(whole, input)
		got := h.must(t, operator, scheduleSale, vars{"input": whole}, "scheduleSale")
		assert.Nil(t, at(t, got, "sale"), field)
		var path []string
		for _, step := range at(t, got, "userErrors.0.field").([]any) {
			path = append(path, step.(string))
		}
		assert.Equal(t, field, strings.Join(path, "."))
	}
	for _, unknown := range []string{"sale_99", "nonsense"} {
		got := h.must(t, operator, `mutation($id: ID!) { endSale(input: {saleId: $id}) { userErrors { field code } } }`,
			vars{"id": unknown}, "endSale")
		assert.Equal(t, "NOT_FOUND", at(t, got, "userErrors.0.code"))
		assert.Equal(t, []any{"saleId"}, at(t, got, "userErrors.0.field"))
	}
}

func TestListsArePaged(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	id := h.schedule(t, 5)
	for _, shopper := range []string{"ann", "bob", "cid"} {
		h.buy(t, shopper, id, "")
	}
	list := `query($id: ID!, $first: Int!, $after: String) { saleStatus(saleId: $id) { purchases(first: $first, after: $after) {
		totalCount nodes { ordinal } pageInfo { hasNextPage hasPreviousPage endCursor } } } }`
	first := at(t, h.must(t, h.operator(t), list, vars{"id": id, "first": 2}, "saleStatus"), "purchases")
	assert.InEpsilon(t, 3.0, at(t, first, "totalCount"), 0)
	assert.Equal(t, []any{vars{"ordinal": 1.0}, vars{"ordinal": 2.0}}, at(t, first, "nodes"))
	assert.Equal(t, true, at(t, first, "pageInfo.hasNextPage"))
	rest := at(t, h.must(t, h.operator(t), list,
		vars{"id": id, "first": 2, "after": at(t, first, "pageInfo.endCursor")}, "saleStatus"), "purchases")
	assert.Equal(t, []any{vars{"ordinal": 3.0}}, at(t, rest, "nodes"))
	assert.Equal(t, false, at(t, rest, "pageInfo.hasNextPage"))
	assert.Equal(t, true, at(t, rest, "pageInfo.hasPreviousPage"))

	for _, bad := range []vars{{"first": 0}, {"first": -1}, {"first": 1001}, {"first": 1, "after": "%%"}, {"first": 1, "after": "x"}} {
		bad["id"] = id
		got := h.ask(t, h.operator(t), list, bad)
		require.NotEmpty(t, got.Errors, bad)
		assert.Equal(t, "BAD_USER_INPUT", got.Errors[0].Extensions["code"], bad)
	}

	second := at(t, h.must(t, h.operator(t), scheduleSale, vars{"input": saleInput(1, time.Now().Add(time.Hour))}, "scheduleSale"), "sale.id")
	sales := `query($phases: [SalePhase!], $after: String) { sales(phases: $phases, first: 1, after: $after) {
		nodes { id phase } edges { cursor node { id } } pageInfo { hasNextPage endCursor } } }`
	page := h.must(t, "", sales, nil, "sales")
	assert.Equal(t, id, at(t, page, "nodes.0.id"), "the soonest to start first")
	assert.Equal(t, true, at(t, page, "pageInfo.hasNextPage"))
	page = h.must(t, "", sales, vars{"after": at(t, page, "pageInfo.endCursor")}, "sales")
	assert.Equal(t, second, at(t, page, "nodes.0.id"))
	page = h.must(t, "", sales, vars{"phases": []string{}}, "sales")
	assert.Empty(t, at(t, page, "nodes"), "in none of no phases")
	page = h.must(t, "", sales, vars{"phases": []string{"UPCOMING"}}, "sales")
	assert.Equal(t, second, at(t, page, "nodes.0.id"))
	assert.Equal(t, false, at(t, page, "pageInfo.hasNextPage"))
}

func TestBadRequests(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	h.schedule(t, 1)
	for name, c := range map[string]struct {
		query string
		code  string
	}{
		"a syntax error":   {"{ saleStatus {", "GRAPHQL_PARSE_FAILED"},
		"an unknown field": {"{ saleStatus { nonsense } }", "GRAPHQL_VALIDATION_FAILED"},
		"a date in words":  {`mutation { rescheduleSale(input: {saleId: "sale_1", startsAt: "soon"}) { sale { id } } }`, "BAD_USER_INPUT"},
	} {
		got := h.ask(t, h.operator(t), c.query, nil)
		require.Len(t, got.Errors, 1, name)
		assert.Equal(t, c.code, got.Errors[0].Extensions["code"], name)
		assert.NotContains(t, got.Errors[0].Message, "soon", "no echo")
	}
	for name, body := range map[string]string{"no JSON": "secret words", "no operation": `{"secret":"{ saleStatus { id } }"}`} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.url+"/graphql", strings.NewReader(body))
		require.NoError(t, err)
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Upgrade", "h2c") // some clients offer it, and a server may decline
		response, err := h.client.Do(request)
		require.NoError(t, err)
		answer, err := io.ReadAll(response.Body)
		require.NoError(t, errors.Join(err, response.Body.Close()))
		assert.Equal(t, http.StatusBadRequest, response.StatusCode, name)
		assert.Contains(t, string(answer), `"BAD_REQUEST"`, name)
		assert.NotContains(t, string(answer), "secret", name)
	}
	got, err := h.send("", "{ saleStatus { id } } #"+strings.Repeat("x", 17<<10), nil)
	require.NoError(t, err)
	assert.Equal(t, http.StatusRequestEntityTooLarge, got.Status)
	assert.Equal(t, "PAYLOAD_TOO_LARGE", got.Errors[0].Extensions["code"])
}

func TestIntrospectionIsASetting(t *testing.T) {
	t.Parallel()
	const introspect = `{ __schema { queryType { name } } }`
	open := openHouse(t, nil)
	assert.Equal(t, "Query", at(t, open.must(t, "", introspect, nil, "__schema"), "queryType.name"))
	closed := openHouse(t, func(c *Config) { *c.Introspect = false })
	assert.NotEmpty(t, closed.ask(t, "", introspect, nil).Errors)
}
