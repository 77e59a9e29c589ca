package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/graph"
)

func TestScopes(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	id := h.schedule(t, 5)
	input := vars{"input": vars{"saleId": id}}
	operate := func(name string) string {
		return `mutation($input: SaleInput!) { ` + name + `(input: $input) { sale { id } userErrors { code } } }`
	}
	shopper, operator := h.token(t, "ann"), h.operator(t)
	for name, c := range map[string]struct {
		token, query string
		variables    vars
		want         string
	}{
		"buying without a token":              {"", purchase, input, "UNAUTHENTICATED"},
		"buying as an operator only":          {operator, purchase, input, "FORBIDDEN"},
		"pausing without a token":             {"", operate("pauseSale"), input, "UNAUTHENTICATED"},
		"pausing as a shopper":                {shopper, operate("pauseSale"), input, "FORBIDDEN"},
		"ending as a shopper":                 {shopper, operate("endSale"), input, "FORBIDDEN"},
		"resuming as a shopper":               {shopper, operate("resumeSale"), input, "FORBIDDEN"},
		"scheduling as a shopper":             {shopper, scheduleSale, vars{"input": saleInput(1, time.Now())}, "FORBIDDEN"},
		"everybody's purchases, to a shopper": {shopper, listPurchases, vars{"id": id}, "FORBIDDEN"},
		"everybody's purchases, to nobody":    {"", listPurchases, vars{"id": id}, "UNAUTHENTICATED"},
	} {
		got := h.ask(t, c.token, c.query, c.variables)
		assert.Equal(t, http.StatusOK, got.Status, name)
		require.Len(t, got.Errors, 1, name)
		assert.Equal(t, c.want, got.Errors[0].Extensions["code"], name)
		assert.NotEmpty(t, got.Errors[0].Path, name)
	}
	status := h.must(t, operator, `{ saleStatus { phase sold } }`, nil, "saleStatus")
	assert.Equal(t, vars{"phase": "ACTIVE", "sold": 0.0}, status, "nothing of it has happened")
}

func TestAPurchaseIsReadByItsOwnerAndByOperators(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	id := at(t, h.buy(t, "ann", h.schedule(t, 2), ""), "purchase.id").(string)
	node := `query($id: ID!) { node(id: $id) { id ... on Purchase { shopperId sale { id } } } }`
	for name, c := range map[string]struct {
		token string
		sees  bool
	}{
		"its owner":       {h.token(t, "ann"), true},
		"an operator":     {h.operator(t), true},
		"another shopper": {h.token(t, "eve"), false},
		"nobody":          {"", false},
	} {
		got := h.must(t, c.token, node, vars{"id": id}, "node")
		assert.Equal(t, c.sees, got != nil, name)
	}
	assert.Nil(t, h.must(t, h.operator(t), node, vars{"id": "purchase_1_2"}, "node"))
	assert.Nil(t, h.must(t, "", node, vars{"id": "nonsense"}, "node"))
	assert.Equal(t, "sale_1", at(t, h.must(t, "", node, vars{"id": "sale_1"}, "node"), "id"))
}

func TestTokensThatProveNothing(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	h.schedule(t, 1)
	foreign := openHouse(t, func(c *Config) { c.AuthSecret = strings.Repeat("x", 32) })
	expired, _, err := h.auth.Mint("ann", []graph.Scope{graph.ScopeShopper}, -time.Minute)
	require.NoError(t, err)
	elsewhere := openHouse(t, func(c *Config) { c.AuthAudience = "another shop" })
	for name, token := range map[string]string{
		"nonsense":           "nonsense",
		"of another secret":  foreign.token(t, "ann"),
		"expired":            expired,
		"for somebody else":  elsewhere.token(t, "ann"),
		"alg none":           "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4iLCJhdWQiOlsic3RhbXBlZGUiXSwiZXhwIjo0MTAyNDQ0ODAwfQ.",
		"without exp or sub": "eyJhbGciOiJIUzI1NiJ9.e30.AAAA",
	} {
		got, err := h.send(token, `{ saleStatus { id } }`, nil)
		require.NoError(t, err)
		assert.Equal(t, http.StatusUnauthorized, got.Status, name)
		assert.Equal(t, `Bearer error="invalid_token"`, got.Header.Get("WWW-Authenticate"), name)
		require.Len(t, got.Errors, 1, name)
		assert.Equal(t, "INVALID_TOKEN", got.Errors[0].Extensions["code"], name)
		assert.Nil(t, got.Data, name)
	}
}

func TestDemoSignIn(t *testing.T) {
	t.Parallel()
	const signIn = `mutation($name: String!) { signIn(name: $name) { token expiresAt viewer { id scopes purchases { totalCount } } } }`
	closed := openHouse(t, nil)
	got := closed.ask(t, "", signIn, vars{"name": "Ann"})
	assert.Equal(t, "FORBIDDEN", got.Errors[0].Extensions["code"])

	h := openHouse(t, func(c *Config) { c.Demo = true })
	ann := h.must(t, "", signIn, vars{"name": " Ann "}, "signIn")
	assert.Equal(t, []any{"SHOPPER"}, at(t, ann, "viewer.scopes"))
	token := at(t, ann, "token").(string)
	me := h.must(t, token, `{ viewer { id } }`, nil, "viewer")
	assert.Equal(t, at(t, ann, "viewer.id"), at(t, me, "id"))
	same := h.must(t, "", signIn, vars{"name": "Ann"}, "signIn")
	assert.Equal(t, at(t, ann, "viewer.id"), at(t, same, "viewer.id"), "the same name is the same shopper")
	assert.NotEqual(t, "Ann", at(t, me, "id"), "and never a real shopper of that name")
	for _, name := range []string{"", "  ", "a\x00b", strings.Repeat("x", 49)} {
		got := h.ask(t, "", signIn, vars{"name": name})
		require.Len(t, got.Errors, 1)
		assert.Equal(t, "BAD_USER_INPUT", got.Errors[0].Extensions["code"])
	}
	demo := h.must(t, "", `{ saleStatus { phase stock product { name imageUrl } } }`, nil, "saleStatus")
	assert.InEpsilon(t, 100.0, at(t, demo, "stock"), 0, "a demo server has something to sell")
}
