package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/graph"
)

// These are the rows of the exact answers to bad input over HTTP, by their own words, over real connections. The rows of
// websockets are in socket_test.go; docs/api.md tells integrators of both.

// marker stands in whatever is sent: no answer carries it.
const marker = "echo-of-the-input"

// asking is one request to /graphql, and what has to come back.
type asking struct {
	method  string // POST when empty
	query   string // of the address
	header  http.Header
	body    string
	status  int
	code    string // of the first error; empty for none, anyCode for the caller to look
	headers map[string]string
}

const anyCode = "*"

// header makes headers of pairs.
func header(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
	return h
}

// body is a request's body with a query.
func body(query string) string {
	text, err := json.Marshal(vars{"query": query})
	if err != nil {
		panic(err) // a string is always JSON
	}
	return string(text)
}

func get(query string) string { return url.Values{"query": {query}}.Encode() }

// hear sends a request as it is, and holds the answer against what all answers have in common.
func (h *house) hear(t *testing.T, a asking) answer {
	t.Helper()
	if a.method == "" {
		a.method = http.MethodPost
	}
	request, err := http.NewRequestWithContext(t.Context(), a.method, h.url+"/graphql?"+a.query, strings.NewReader(a.body))
	require.NoError(t, err)
	request.Header = a.header.Clone()
	if request.Header == nil {
		request.Header = header("Content-Type", "application/json")
	}
	response, err := h.client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	got := answer{Status: response.StatusCode, Header: response.Header}
	got.Body, err = io.ReadAll(response.Body)
	require.NoError(t, err)
	assert.Equal(t, a.status, got.Status, "%s", got.Body)
	assert.NotContains(t, string(got.Body), marker, "it echoes")
	assert.NotContains(t, string(got.Body), ".go", "it names a file")
	for name, value := range a.headers {
		assert.Equal(t, value, got.Header.Get(name), name)
	}
	if a.method == http.MethodHead || got.Status == http.StatusNotModified {
		return got
	}
	require.NoError(t, json.Unmarshal(got.Body, &got), "%s", got.Body)
	switch a.code {
	case anyCode:
		return got
	case "":
		require.Empty(t, got.Errors)
	default:
		require.NotEmpty(t, got.Errors, "%s", got.Body)
		assert.Equal(t, a.code, got.Errors[0].Extensions["code"], "%s", got.Body)
		assert.NotEmpty(t, got.Errors[0].Message)
	}
	return got
}

// TestRowsBeforeTheOperation has a database that answers nothing any more: these answers need none.
func TestRowsBeforeTheOperation(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	h.schedule(t, 1)
	closed := openHouse(t, func(c *Config) { *c.Introspect = false })
	closed.schedule(t, 1)
	for _, one := range []*house{h, closed} {
		require.NoError(t, one.db.DB.Close())
	}
	const fine = `{ saleStatus { phase } }`
	text := func(kind, body string) asking {
		return asking{header: header("Content-Type", kind), body: body, status: 415, code: "UNSUPPORTED_MEDIA_TYPE"}
	}
	post := func(body string, status int, code string) asking {
		return asking{body: body, status: status, code: code}
	}
	accepting := func(accept string, status int, code string) asking {
		return asking{header: header("Content-Type", "application/json", "Accept", accept), body: body(fine), status: status, code: code}
	}
	for row, cases := range map[string]map[string]asking{
		"body over 8 KB (16 KB with introspection on)": {
			"a byte over":  post(strings.Repeat(" ", 16<<10+1-len(body(fine)))+body(fine), 413, "PAYLOAD_TOO_LARGE"),
			"at the limit": post(strings.Repeat(" ", 16<<10-len(body(fine)))+body(fine), 200, ""),
			"far over":     post(strings.Repeat(marker, 1<<16), 413, "PAYLOAD_TOO_LARGE"),
		},
		"malformed JSON, trailing garbage, not an object, missing `query`": {
			"malformed JSON":         post(`{"query": "`+marker, 400, "BAD_REQUEST"),
			"no JSON":                post(marker, 400, "BAD_REQUEST"),
			"nothing":                post(``, 400, "BAD_REQUEST"),
			"trailing garbage":       post(body(fine)+marker, 400, "BAD_REQUEST"),
			"a second object":        post(body(fine)+body(fine), 400, "BAD_REQUEST"),
			"not an object":          post(`"`+marker+`"`, 400, "BAD_REQUEST"),
			"null":                   post(`null`, 400, "BAD_REQUEST"),
			"missing query":          post(`{"qeury": "`+marker+`"}`, 400, "BAD_REQUEST"),
			"an empty query":         post(`{"query": ""}`, 400, "BAD_REQUEST"),
			"a number for a query":   post(`{"query": 17}`, 400, "BAD_REQUEST"),
			"variables in a string":  post(`{"query": "{ __typename }", "variables": "`+marker+`"}`, 400, "BAD_REQUEST"),
			"missing in the address": {method: "GET", query: "variables={}", status: 400, code: "BAD_REQUEST"},
			"malformed in it":        {method: "GET", query: get(fine) + "&variables={" + marker, status: 400, code: "BAD_REQUEST"},
			"broken escapes in it":   {method: "GET", query: "query=%zz" + marker, status: 400, code: "BAD_REQUEST"},
		},
		"an array of operations": {
			"two": post(`[`+body(fine)+`,`+body(fine)+`]`, 400, "BATCHING_DISABLED"),
			"one": post(` [`+body(fine)+`]`, 400, "BATCHING_DISABLED"),
		},
		"`text/plain`, form, multipart or no content type": {
			"text/plain": text("text/plain", body(fine)),
			"form":       text("application/x-www-form-urlencoded", get(fine)),
			"multipart":  text("multipart/form-data; boundary=x", "--x--"),
			"none":       {header: http.Header{}, body: body(fine), status: 415, code: "UNSUPPORTED_MEDIA_TYPE"},
			"latin-1":    text("application/json; charset=latin1", body(fine)),
			"its prefix": text("application/jsonp", body(fine)),
		},
		"an `Accept` that nothing matches": {
			"HTML":       accepting("text/html", 406, "NOT_ACCEPTABLE"),
			"refused":    accepting("application/json;q=0", 406, "NOT_ACCEPTABLE"),
			"nonsense":   accepting(marker+", ;;q=x", 406, "NOT_ACCEPTABLE"),
			"latin-1":    accepting("application/json; charset=latin1", 406, "NOT_ACCEPTABLE"),
			"the second": accepting("text/html, application/json;q=0.1", 200, ""),
			"anything":   accepting("text/html, */*;q=0.1", 200, ""),
		},
		"GET with a mutation": {
			"one": {method: "GET", query: get(`mutation { signIn(name: "x") { token } }`), status: 405, code: "METHOD_NOT_ALLOWED", headers: map[string]string{"Allow": "POST"}},
		},
		"PUT, DELETE, …": {
			"PUT":    {method: "PUT", body: body(fine), status: 405, code: "METHOD_NOT_ALLOWED", headers: map[string]string{"Allow": "GET, POST"}},
			"DELETE": {method: "DELETE", status: 405, code: "METHOD_NOT_ALLOWED", headers: map[string]string{"Allow": "GET, POST"}},
			"PATCH":  {method: "PATCH", body: body(fine), status: 405, code: "METHOD_NOT_ALLOWED", headers: map[string]string{"Allow": "GET, POST"}},
			"MARKER": {method: strings.ToUpper(marker), status: 405, code: "METHOD_NOT_ALLOWED", headers: map[string]string{"Allow": "GET, POST"}},
		},
	} {
		t.Run(row, func(t *testing.T) {
			t.Parallel()
			for name, c := range cases {
				t.Run(name, func(t *testing.T) { t.Parallel(); h.hear(t, c) })
			}
		})
	}
	t.Run("body over 8 KB (16 KB with introspection on), where it is off", func(t *testing.T) {
		t.Parallel()
		closed.hear(t, post(strings.Repeat(" ", 8<<10+1-len(body(fine)))+body(fine), 413, "PAYLOAD_TOO_LARGE"))
		closed.hear(t, post(strings.Repeat(" ", 8<<10-len(body(fine)))+body(fine), 200, ""))
		closed.hear(t, asking{method: "GET", query: get(fine + "#" + strings.Repeat("x", 8<<10)), status: 414, code: "PAYLOAD_TOO_LARGE"})
	})
}

// TestRowsOfDocuments are refused with 200 in application/json, and with 400 in application/graphql-response+json.
func TestRowsOfDocuments(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	h.schedule(t, 1)
	closed := openHouse(t, func(c *Config) { *c.Introspect = false })
	for _, one := range []*house{h, closed} {
		require.NoError(t, one.db.DB.Close())
	}
	nested := func(depth int) string { // 2 fields a turn
		return strings.Repeat("{ viewer { purchases { nodes { sale ", depth/4) + "{ id }" + strings.Repeat(" } } } }", depth/4)
	}
	for row, c := range map[string]struct {
		on      *house
		code    string
		queries map[string]string
	}{
		"a syntax error": {h, "GRAPHQL_PARSE_FAILED", map[string]string{
			"open":            `{ saleStatus { ` + marker,
			"a stranger":      `{ ? } ` + marker,
			"no end of text":  `{ node(id: "` + marker,
			"a control in it": "{ node(id: \"" + marker + "\x01\") { id } }",
			"a schema":        `type X { ` + strings.ReplaceAll(marker, "-", "_") + `: Int }`,
		}},
		"a validation error, unknown field": {closed, "GRAPHQL_VALIDATION_FAILED", map[string]string{
			"an unknown field":       `{ saleStatus { echo_of_the_input } }`,
			"nearly a field":         `{ saleStatus { phases } }`,
			"an unknown argument":    `{ saleStatus(echo_of_the_input: 1) { id } }`,
			"nearly an argument":     `{ saleStatus(saleIdd: "x") { id } }`,
			"an unknown type":        `{ node(id: "x") { ... on Salee { id } } }`,
			"a wrong value":          `{ sales(phases: [ACTIV]) { nodes { id } } }`,
			"no selection":           `{ saleStatus }`,
			"a fragment of itself":   `{ ...A } fragment A on Query { ...A }`,
			"a variable of nobody":   `{ node(id: $echo_of_the_input) { id } }`,
			"a missing variable":     `query($id: ID!) { node(id: $id) { id } }`,
			"two without a name":     `{ viewer { id } } { viewer { id } }`,
			"an unknown name":        `query A { viewer { id } } query B { viewer { id } }`,
			"no operation":           `fragment F on Sale { id }`,
			"a directive of nobody":  `{ viewer @echo_of_the_input { id } }`,
			"a number that is none":  `{ sales(first: "echo-of-the-input") { nodes { id } } }`,
			"a number of 100 digits": `{ sales(first: ` + strings.Repeat("9", 100) + `) { nodes { id } } }`,
		}},
		"over 300 tokens, depth 8, 5 aliases, 5 directives, more than 1 root field in a mutation": {h, "QUERY_TOO_COMPLEX", map[string]string{
			"301 tokens":        `{` + strings.Repeat(" viewer", 299) + ` }`,
			"depth 9":           nested(8),
			"depth in pieces":   `{ ...A } fragment A on Query { viewer { purchases { nodes { sale { ...B } } } } } fragment B on Sale { viewerPurchase { sale { viewerPurchase { sale { id } } } } }`,
			"6 aliases":         `{ a: viewer { id } b: viewer { id } c: viewer { id } d: viewer { id } e: viewer { id } f: viewer { id } }`,
			"6 directives":      `{ viewer` + strings.Repeat(" @skip(if: false)", 6) + ` { id } }`,
			"2 root fields":     `mutation { signIn(name: "a") { token } b: signIn(name: "b") { token } }`,
			"2 in pieces":       `mutation { ...A ... { signIn(name: "b") { token } } } fragment A on Mutation { c: signIn(name: "a") { token } }`,
			"before validation": `{ a: echo b: echo c: echo d: echo e: echo f: echo }`,
			"too deep a schema": `{ __schema { types { fields { type { fields { name } } } } } }`,
		}},
		"complexity over the limit": {h, "COMPLEXITY_LIMIT_EXCEEDED", map[string]string{
			"a large page":        `{ sales(first: 1000) { nodes { id phase stock sold remaining revision startsAt endsAt serverTime product { sku } } } }`,
			"large pages":         `{ sales(first: 100) { nodes { purchases(first: 100) { nodes { id } } } } }`,
			"beyond all numbers":  `{ sales(first: 2147483647) { nodes { purchases(first: 2147483647) { nodes { id } } } } }`,
			"many questions":      `{ sales(first: 300) { nodes { viewerPurchase { id } } } }`,
			"many, by a fragment": `{ sales(first: 300) { ...A } } fragment A on SaleConnection { nodes { viewerPurchase { id } } }`,
		}},
		"introspection where it is off": {closed, "INTROSPECTION_DISABLED", map[string]string{
			"the schema":  `{ __schema { queryType { name } } }`,
			"a type":      `{ __type(name: "Sale") { name } }`,
			"in a corner": `{ ...A } fragment A on Query { ... { s: __schema { queryType { name } } } }`,
		}},
	} {
		t.Run(row, func(t *testing.T) {
			t.Parallel()
			for name, query := range c.queries {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					for accept, status := range map[string]int{"application/json": 200, "application/graphql-response+json": 400} {
						got := c.on.hear(t, asking{
							header: header("Content-Type", "application/json", "Accept", accept),
							body:   body(query), status: status, code: c.code,
							headers: map[string]string{"Content-Type": accept},
						})
						assert.NotContains(t, string(got.Body), `"data"`)
						assert.NotContains(t, string(got.Body), "echo_of_the_input")
						if c.on == closed {
							assert.NotContains(t, string(got.Body), "Did you mean")
						}
					}
				})
			}
		})
	}
	t.Run("the standard introspection query passes where introspection is on", func(t *testing.T) {
		t.Parallel()
		got := h.hear(t, asking{body: body(standardIntrospection), status: 200})
		assert.Equal(t, "Query", at(t, got.Data, "__schema.queryType.name"))
	})
	t.Run("with introspection on, the schema's own words are offered", func(t *testing.T) {
		t.Parallel()
		got := h.hear(t, asking{body: body(`{ saleStatus { phases } }`), status: 200, code: "GRAPHQL_VALIDATION_FAILED"})
		assert.Contains(t, got.Errors[0].Message, `Did you mean "phase"`)
	})
	t.Run("variables are weighed too", func(t *testing.T) {
		t.Parallel()
		query := `query($n: Int!) { sales(first: $n) { nodes { id viewerPurchase { id } } } }`
		for n, code := range map[int]string{1: "", 300: "COMPLEXITY_LIMIT_EXCEEDED"} {
			text, err := json.Marshal(vars{"query": query, "variables": vars{"n": n}})
			require.NoError(t, err)
			h.hear(t, asking{body: string(text), status: 200, code: code})
		}
		text, err := json.Marshal(vars{"query": scheduleSale, "variables": vars{"input": vars{
			"product": vars{"sku": 1, marker: marker}, "stock": marker,
		}}})
		require.NoError(t, err)
		got := h.hear(t, asking{body: string(text), status: 200, code: "GRAPHQL_VALIDATION_FAILED"})
		require.Len(t, got.Errors, 1)
		assert.Equal(t, []any{"variable", "input"}, got.Errors[0].Path[:2], "it says where")
	})
}

// standardIntrospection is what getIntrospectionQuery of graphql-js 16 makes with every option on.
const standardIntrospection = `query IntrospectionQuery { __schema { description queryType { name kind } mutationType { name kind }
	subscriptionType { name kind } types { ...FullType }
	directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } } } }
fragment FullType on __Type { kind name description specifiedByURL isOneOf
	fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...InputValue } type { ...TypeRef }
		isDeprecated deprecationReason }
	inputFields(includeDeprecated: true) { ...InputValue } interfaces { ...TypeRef }
	enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...TypeRef } }
fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated deprecationReason }
fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
	ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }`

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

// TestRowOfInputOutOfBounds: operators get userErrors with the field's path, shoppers SaleNotFound for an unknown id,
// and otherwise BAD_USER_INPUT at the path.
func TestRowOfInputOutOfBounds(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	id := h.schedule(t, 1)
	operator, shopper := h.operator(t), h.token(t, "ann")
	const end = `mutation($input: SaleInput!) { endSale(input: $input) { userErrors { field code } } }`
	for name, wrong := range map[string]string{
		"empty": "", "65 characters": strings.Repeat("x", 65), "control characters": "a\x07b", "NUL": "a\x00b",
		"lone surrogates": surrogate, "white space around it": " a ",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, input := range []vars{{"saleId": wrong}, {"saleId": id, "idempotencyKey": wrong}} {
				got := h.tell(t, shopper, purchase, input)
				require.Len(t, got.Errors, 1)
				assert.Equal(t, "BAD_USER_INPUT", got.Errors[0].Extensions["code"])
				assert.Equal(t, []any{"purchase"}, got.Errors[0].Path)
			}
			for path, product := range map[string]vars{
				"product.sku": {"sku": wrong, "name": "n"}, "product.name": {"sku": "s", "name": strings.ReplaceAll(wrong, "x", "xxxx")},
			} {
				whole := saleInput(1, time.Now())
				whole["product"] = product
				assert.Equal(t, path, pathOf(t, h.tell(t, operator, scheduleSale, whole), "scheduleSale"))
			}
			assert.Equal(t, "saleId", pathOf(t, h.tell(t, operator, end, vars{"saleId": wrong}), "endSale"))
		})
	}
	t.Run("an unknown id", func(t *testing.T) {
		t.Parallel()
		assert.Equal(t, "SaleNotFound", h.buy(t, "ann", "sale_404", "")["__typename"])
	})
	for name, c := range map[string]struct {
		field string
		input vars
	}{
		"stock 0":          {"stock", vars{"stock": 0}},
		"stock −1":         {"stock", vars{"stock": -1}},
		"stock 2³¹":        {"stock", vars{"stock": 1 << 31}},
		"end before start": {"endsAt", vars{"startsAt": "2030-01-01T00:00:00Z", "endsAt": "2029-01-01T00:00:00Z"}},
		"the year 0":       {"startsAt", vars{"startsAt": "0000-01-01T00:00:00Z"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole := saleInput(1, time.Now())
			maps.Copy(whole, c.input)
			assert.Equal(t, c.field, pathOf(t, h.tell(t, operator, scheduleSale, whole), "scheduleSale"))
		})
	}
	t.Run("a date that is none", func(t *testing.T) {
		t.Parallel()
		for _, date := range []any{marker, "2026-02-30T00:00:00Z", "+275760-09-13T00:00:00Z", 17} {
			whole := saleInput(1, time.Now())
			whole["startsAt"] = date
			got := h.tell(t, operator, scheduleSale, whole)
			require.Len(t, got.Errors, 1)
			assert.Equal(t, "BAD_USER_INPUT", got.Errors[0].Extensions["code"])
			assert.Equal(t, []any{"scheduleSale", "input", "startsAt"}, got.Errors[0].Path)
		}
	})
}

// surrogate is where tell writes half a surrogate pair, which a string of Go cannot hold.
const surrogate = "<surrogate>"

// tell sends an operation with an input that may be wrong.
func (h *house) tell(t *testing.T, token, query string, input vars) answer {
	t.Helper()
	text, err := json.Marshal(vars{"query": query, "variables": vars{"input": input}})
	require.NoError(t, err)
	return h.hear(t, asking{
		header: header("Content-Type", "application/json", "Authorization", "Bearer "+token),
		body:   strings.ReplaceAll(string(text), `\u003csurrogate\u003e`, `\ud800`), status: 200, code: anyCode,
	})
}

// pathOf is the path of the first of an operator's errors.
func pathOf(t *testing.T, got answer, field string) string {
	t.Helper()
	require.Empty(t, got.Errors)
	var steps []string
	for _, step := range at(t, got.Data[field], "userErrors.0.field").([]any) {
		steps = append(steps, step.(string))
	}
	return strings.Join(steps, ".")
}

func sha256Of(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
