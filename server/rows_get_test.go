package main

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/graph"
)

func TestRowGETWithAQuery(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	id := h.schedule(t, 2)
	fresh := map[string]string{"Cache-Control": "public, max-age=1", "Vary": "Accept, Authorization"}
	none := map[string]string{"Cache-Control": "no-store", "Etag": ""}
	query := get(`{ saleStatus { id phase remaining } }`)

	first := h.hear(t, asking{method: "GET", query: query, header: http.Header{}, status: 200, headers: fresh})
	assert.Equal(t, id, at(t, first.Data, "saleStatus.id"))
	tag := first.Header.Get("Etag")
	require.NotEmpty(t, tag)
	for name, known := range map[string]string{"the tag": tag, "a weak one": "W/" + tag, "one of two": `"x", ` + tag, "any": "*"} {
		got := h.hear(t, asking{method: "GET", query: query, header: header("If-None-Match", known), status: 304, headers: fresh})
		assert.Empty(t, got.Body, name)
		assert.Equal(t, tag, got.Header.Get("Etag"))
	}
	h.hear(t, asking{method: "HEAD", query: query, header: http.Header{}, status: 200, headers: fresh})
	h.buy(t, "ann", id, "")
	after := h.hear(t, asking{method: "GET", query: query, header: header("If-None-Match", tag), status: 200, headers: fresh})
	assert.NotEqual(t, tag, after.Header.Get("Etag"), "it has changed")

	mine := h.hear(t, asking{
		method: "GET", query: get(`{ saleStatus { viewerPurchase { id } } }`), status: 200, headers: none,
		header: header("Authorization", "Bearer "+h.token(t, "ann")),
	})
	assert.NotEmpty(t, at(t, mine.Data, "saleStatus.viewerPurchase.id"))
	h.hear(t, asking{method: "GET", query: get(`{ nonsense }`), status: 200, code: "GRAPHQL_VALIDATION_FAILED", headers: none})
	h.hear(t, asking{method: "GET", query: get(`subscription { stockChanged { id } }`), status: 400, code: "BAD_REQUEST", headers: none})
	named := url.Values{
		"query":         {`query A($id: ID) { saleStatus(saleId: $id) { id } } query B { viewer { id } }`},
		"operationName": {"A"}, "variables": {`{"id": "` + id + `"}`},
	}
	got := h.hear(t, asking{method: "GET", query: named.Encode(), status: 200})
	assert.Equal(t, id, at(t, got.Data, "saleStatus.id"))
}

func TestPersistedQueries(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	id := h.schedule(t, 1)
	const query = `{ saleStatus { id } }`
	known := sha256Of(query)
	extensions := func(hash string) string { return `{"persistedQuery":{"version":1,"sha256Hash":"` + hash + `"}}` }
	byHash := asking{method: "GET", query: url.Values{"extensions": {extensions(known)}}.Encode()}

	unknown := byHash
	unknown.status, unknown.code = 200, "PERSISTED_QUERY_NOT_FOUND"
	unknown.headers = map[string]string{"Cache-Control": "no-store"}
	got := h.hear(t, unknown)
	assert.Equal(t, "PersistedQueryNotFound", got.Errors[0].Message, "clients look for these words")

	h.hear(t, asking{body: `{"query":"` + query + `","extensions":` + extensions(sha256Of("another")) + `}`, status: 400, code: "BAD_REQUEST"})
	h.hear(t, asking{
		body: `{"query":"{ nonsense }","extensions":` + extensions(sha256Of("{ nonsense }")) + `}`, status: 200, code: "GRAPHQL_VALIDATION_FAILED",
	})
	h.hear(t, asking{
		body: `{"extensions":` + extensions(sha256Of("{ nonsense }")) + `}`, status: 200, code: "PERSISTED_QUERY_NOT_FOUND",
	}) // what is of no use is not kept
	h.hear(t, asking{body: `{"query":"` + query + `","extensions":` + extensions(known) + `}`, status: 200})
	byHash.status = 200
	for range 2 {
		got = h.hear(t, byHash)
		assert.Equal(t, id, at(t, got.Data, "saleStatus.id"))
		assert.Equal(t, "public, max-age=1", got.Header.Get("Cache-Control"))
	}
	got = h.hear(t, asking{body: `{"extensions":` + extensions(strings.ToUpper(known)) + `}`, status: 200})
	assert.Equal(t, id, at(t, got.Data, "saleStatus.id"))
	for _, wrong := range []string{`{"persistedQuery":17}`, `{"persistedQuery":{"sha256Hash":17}}`, `{"persistedQuery":{}}`} {
		got := h.hear(t, asking{body: `{"extensions":` + wrong + `}`, status: 400, code: "BAD_REQUEST"})
		assert.Len(t, got.Errors, 1)
	}
}

// TestRowsOfScopes: an operation that needs a scope.
func TestRowsOfScopes(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	h.schedule(t, 1)
	for row, c := range map[string]struct{ token, code string }{
		"an operation that needs a scope, no token": {"", "UNAUTHENTICATED"},
		"… with a token that lacks it":              {h.token(t, "ann", graph.ScopeShopper), "FORBIDDEN"},
	} {
		for _, accept := range []string{"application/json", "application/graphql-response+json"} {
			headers := header("Content-Type", "application/json", "Accept", accept)
			if c.token != "" {
				headers.Set("Authorization", "Bearer "+c.token)
			}
			got := h.hear(t, asking{
				header: headers, body: body(`mutation { endSale(input: {saleId: "` + marker + `"}) { sale { id } } }`),
				status: 200, code: c.code,
			})
			assert.Equal(t, []any{"endSale"}, got.Errors[0].Path, row)
		}
	}
}

func sha256Of(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
