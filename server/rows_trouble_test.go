package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/client"
	"stampede/graph"
	"stampede/graph/transport"
	"stampede/server/pg/pgtest"
	"stampede/server/web"
)

// TestRowTheDatabaseIsAway: reads get the last known state while it is younger than 10 s, then UNAVAILABLE; purchases
// TryAgain(BUSY) when nothing can have been written (TestTheDatabaseIsAway), TryAgain(OUTCOME_UNKNOWN) when something may
// have been.
func TestRowTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	var armed, away atomic.Bool
	h := openHouse(t, func(c *Config) {
		c.DatabaseURL = pgtest.Between(t, c.DatabaseURL, false, func(conn int32, sent []byte) bool {
			if armed.Load() && pgtest.IsCommit(conn, sent) { // it gets there; from now on no answer comes back
				away.Store(true)
			}
			return away.Load()
		}).URL
	})
	id := h.schedule(t, 2)
	bought := at(t, h.buy(t, "bob", id, ""), "purchase.id").(string)
	armed.Store(true)
	result := h.buy(t, "ann", id, "k")
	require.Equal(t, "TryAgain", result["__typename"], "%v", result)
	assert.Equal(t, "OUTCOME_UNKNOWN", result["code"])
	assert.Equal(t, true, result["retryable"])
	assert.Positive(t, result["retryAfterMs"])
	h.readsAreUnavailable(t, id, bought)

	require.Eventually(t, func() bool {
		got, err := h.send("", `{ saleStatus { phase } }`, nil)
		return err == nil && len(got.Errors) == 1 && got.Errors[0].Extensions["code"] == "UNAVAILABLE"
	}, 2*waitLimit, 50*tick)
	got := h.hear(t, asking{body: body(`{ saleStatus { phase } }`), status: 200, code: "UNAVAILABLE"})
	assert.Equal(t, []any{"saleStatus"}, got.Errors[0].Path)

	armed.Store(false)
	away.Store(false)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		got, err := h.send(h.token(t, "ann"), purchase, vars{"input": vars{"saleId": id, "idempotencyKey": "k"}})
		require.NoError(c, err)
		result, _ := got.Data["purchase"].(map[string]any)
		require.Equal(c, "PurchaseSuccess", result["__typename"], "%s", got.Body)
		require.Equal(c, true, result["replayed"], "it had been bought")
	}, 2*waitLimit, 50*tick)
}

// TestAChangeWhoseCommitHasNoAnswer is an error of its own at the change's path: neither a purchase's words nor a key.
func TestAChangeWhoseCommitHasNoAnswer(t *testing.T) {
	t.Parallel()
	var cut atomic.Bool
	h := openHouse(t, func(c *Config) {
		c.DatabaseURL = pgtest.Between(t, c.DatabaseURL, false, func(conn int32, sent []byte) bool {
			return cut.Load() && pgtest.IsCommit(conn, sent)
		}).URL
	})
	id, operator := h.schedule(t, 2), h.operator(t)
	restock := `mutation { restockSale(input: {saleId: "` + id + `", add: 7}) { sale { stock } } }`
	cut.Store(true)
	got := h.hear(t, asking{
		header: header("Content-Type", "application/json", "Authorization", "Bearer "+operator),
		body:   body(restock), status: 200, code: "OUTCOME_UNKNOWN",
	})
	cut.Store(false)
	assert.Equal(t, []any{"restockSale"}, got.Errors[0].Path)
	assert.Equal(t, "Whether the change was made is not known: look at the sale's changes before you ask again.",
		got.Errors[0].Message)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		got, err := h.send(operator, `query($id: ID!) { saleStatus(saleId: $id) { changes(first: 1) {
			nodes { kind stock } } } }`, vars{"id": id})
		require.NoError(c, err)
		require.Contains(c, string(got.Body), `"RESTOCKED","stock":9`, "the sale's changes tell")
	}, waitLimit, tick)
}

// readsAreUnavailable asks for what is not in memory: a purchase of bob's, and what stands below a sale.
func (h *house) readsAreUnavailable(t *testing.T, saleID, purchaseID string) {
	t.Helper()
	for _, token := range []string{h.token(t, "bob"), h.operator(t)} {
		for query, path := range map[string][]any{
			`query { node(id: "` + purchaseID + `") { id } }`: {"node"},
			`query { viewer { purchases { totalCount } } }`:   {"viewer", "purchases"},
		} {
			got := h.hear(t, asking{
				header: header("Content-Type", "application/json", "Authorization", "Bearer "+token),
				body:   body(query), status: 200, code: "UNAVAILABLE",
			})
			assert.Equal(t, path, got.Errors[0].Path)
		}
	}
	for field, token := range map[string]string{
		`viewerPurchase { id }`:      h.token(t, "bob"),
		`purchases { totalCount }`:   h.operator(t),
		`changes { totalCount }`:     h.operator(t),
		`soldAt(points: 2) { sold }`: h.operator(t),
	} { // soon the sale itself will be UNAVAILABLE
		h.hear(t, asking{
			header: header("Content-Type", "application/json", "Authorization", "Bearer "+token),
			body:   body(`{ saleStatus(saleId: "` + saleID + `") { ` + field + ` } }`), status: 200, code: "UNAVAILABLE",
		})
	}
}

func TestRowPurchaseQueueFullOrDraining(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	id, other := h.schedule(t, 1), h.schedule(t, 1)
	h.draining.Store(true)
	got := h.hear(t, asking{
		body: body(`mutation { purchase(input: {saleId: "` + id + `"}) { __typename } }`), status: 503, code: "UNAVAILABLE",
		headers: map[string]string{"Retry-After": "1"},
	})
	assert.Empty(t, got.Data)
	_, response, err := h.dial(t, nil)
	require.Error(t, err)
	assert.Equal(t, http.StatusServiceUnavailable, response.StatusCode)
	h.draining.Store(false)
	assert.Equal(t, "PurchaseSuccess", h.buy(t, "ann", id, "")["__typename"])
	require.NoError(t, h.sales.Close(context.Background())) // the queue takes no more, as when it is full
	refused := h.buy(t, "bob", other, "")
	assert.Equal(t, "TryAgain", refused["__typename"])
	assert.Equal(t, "BUSY", refused["code"])
}

// TestRowAPanicInAResolver gives the edge a shop without an engine.
func TestRowAPanicInAResolver(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	graphql := transport.New(&graph.Resolver{Feed: h.hub, Log: h.log}, transport.Options{Feed: h.hub, Log: h.log, Authenticate: h.auth.Authenticate})
	handler, err := web.NewHandler(web.Edge{
		GraphQL: graphql, Auth: h.auth, Client: client.Dist(), Ready: h.ready, Draining: h.draining.Load, Guard: h.guard, Log: h.log,
	})
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(func() {
		server.Close()
		assert.NoError(t, graphql.Close(context.Background()))
	})
	broken := *h
	broken.url = server.URL
	for range 2 { // the server lives
		got := broken.hear(t, asking{
			header: header("Content-Type", "application/json", "Authorization", "Bearer "+h.token(t, "ann")),
			body:   body(`mutation { purchase(input: {saleId: "sale_1"}) { __typename } }`), status: 200, code: "INTERNAL",
		})
		require.Len(t, got.Errors, 1)
		assert.Equal(t, got.Header.Get("X-Request-Id"), got.Errors[0].Extensions["requestId"])
		assert.Len(t, got.Errors[0].Extensions, 2)
		assert.NotContains(t, got.Errors[0].Message, "nil", "nothing else")
	}
	broken.hear(t, asking{body: body(`{ viewer { id } }`), status: 200})
}
