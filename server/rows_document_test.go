package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestRowsOfDocuments are refused with 200 in application/json, and with 400 in application/graphql-response+json.
func TestRowsOfDocuments(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
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
		query := `query($n: Int!) { viewer { purchases(first: $n) { nodes { id ordinal purchasedAt shopperId
			sale { id phase stock sold remaining revision } } } } }`
		for n, code := range map[int]string{1: "", 1000: "COMPLEXITY_LIMIT_EXCEEDED"} {
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
