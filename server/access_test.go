package main

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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

// TestAScopeIsHadOnce, however often and beside whatever else the token names it.
func TestAScopeIsHadOnce(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	for claim, want := range map[string][]any{
		"shopper operator  shopper operator":      {"SHOPPER", "OPERATOR"},
		"operator email shopper SHOPPER Operator": {"OPERATOR", "SHOPPER"},
		"king shoppers": {},
	} {
		token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
			"sub": "ann", "aud": "stampede", "scope": claim, "exp": time.Now().Add(time.Hour).Unix(),
		}).SignedString([]byte(testSecret))
		require.NoError(t, err)
		assert.Equal(t, vars{"scopes": want}, h.must(t, token, `{ viewer { scopes } }`, nil, "viewer"), claim)
	}
}

// TestAClaimIsKnownByItsExactName: one that is spelt in another case is somebody else's, and has no say.
func TestAClaimIsKnownByItsExactName(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	soon := time.Now().Add(time.Hour).Unix()
	ask := func(change jwt.MapClaims) answer {
		all := jwt.MapClaims{"sub": "ann", "aud": "stampede", "scope": "shopper", "exp": soon}
		for name, value := range change {
			all[name] = value
			if value == nil {
				delete(all, name)
			}
		}
		token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, all).SignedString([]byte(testSecret))
		require.NoError(t, err)
		return h.ask(t, token, `{ viewer { id scopes } }`, nil)
	}
	ann := vars{"viewer": vars{"id": "ann", "scopes": []any{"SHOPPER"}}}
	for name, value := range map[string]any{
		"sub": "eve", "scope": "operator", "aud": "elsewhere", "exp": 1, "nbf": soon, "iat": soon, "iss": true,
	} {
		for _, spelt := range []string{strings.ToUpper(name), strings.ToUpper(name[:1]) + name[1:]} {
			assert.Equal(t, ann, ask(jwt.MapClaims{spelt: value}).Data, "beside the right one: %s", spelt)
			instead := ask(jwt.MapClaims{name: nil, spelt: map[string]any{"aud": "stampede", "exp": soon, "sub": "ann"}[name]})
			if name == "sub" || name == "aud" || name == "exp" {
				assert.Equal(t, http.StatusUnauthorized, instead.Status, "instead of it: %s", spelt)
			}
		}
	}
	assert.Equal(t, vars{"viewer": vars{"id": "ann", "scopes": []any{}}},
		ask(jwt.MapClaims{"scope": nil, "Scope": "operator"}).Data)
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

// TestRowOfTokens: a token that is malformed, expired, not yet valid, `alg: none`, of another algorithm, audience or
// issuer, or without `exp` or `sub`.
func TestRowOfTokens(t *testing.T) {
	t.Parallel()
	h := openHouse(t, func(c *Config) { c.AuthIssuer = "https://id.example" })
	by := func(secret string, method jwt.SigningMethod, change func(jwt.MapClaims)) string {
		claims := claimsOf(marker, "https://id.example")
		change(claims)
		return signed(t, method, []byte(secret), claims)
	}
	with := func(change func(jwt.MapClaims)) string { return by(testSecret, jwt.SigningMethodHS256, change) }
	as := func(claim string, value any) string { return with(func(c jwt.MapClaims) { c[claim] = value }) }
	same := func(jwt.MapClaims) {}
	after := func(d time.Duration) int64 { return time.Now().Add(d).Unix() }
	unsigned := signed(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, claimsOf("ann", "https://id.example"))
	demanding := jwt.NewWithClaims(jwt.SigningMethodHS256, claimsOf("ann", "https://id.example"))
	demanding.Header["crit"] = []string{"unheard-of"}
	critical, err := demanding.SignedString([]byte(testSecret))
	require.NoError(t, err)
	good := with(same)
	_, payload, _ := strings.Cut(good, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + payload
	for name, token := range map[string]string{
		"malformed":            marker,
		"two dots":             "..",
		"a byte was changed":   good[:len(good)-2] + "xx",
		"another secret":       by(strings.Repeat("x", 32), jwt.SigningMethodHS256, same),
		"expired":              as("exp", after(-31*time.Second)),
		"not yet valid":        as("nbf", after(time.Hour)),
		"made in the future":   as("iat", after(time.Hour)),
		"alg: none":            unsigned,
		"alg: none, signed":    none,
		"critical extensions":  critical,
		"of another algorithm": by(testSecret, jwt.SigningMethodHS512, same),
		"another audience":     as("aud", "another shop"),
		"no audience":          with(func(c jwt.MapClaims) { delete(c, "aud") }),
		"another issuer":       as("iss", "https://evil.example"),
		"no issuer":            with(func(c jwt.MapClaims) { delete(c, "iss") }),
		"without exp":          with(func(c jwt.MapClaims) { delete(c, "exp") }),
		"without sub":          with(func(c jwt.MapClaims) { delete(c, "sub") }),
		"an empty sub":         as("sub", ""),
		"a sub of a page":      as("sub", strings.Repeat("x", 65)),
		"a number for a sub":   as("sub", 17),
		"a word for an exp":    as("exp", "tomorrow"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, scheme := range []string{"Bearer ", "bearer  "} {
				h.hear(t, asking{
					header: header("Content-Type", "application/json", "Authorization", scheme+token), body: body(`{ viewer { id } }`),
					status: 401, code: "INVALID_TOKEN", headers: map[string]string{"WWW-Authenticate": `Bearer error="invalid_token"`},
				})
			}
			s, _, err := h.dial(t, nil)
			require.NoError(t, err)
			payload, err := json.Marshal(vars{"Authorization": "Bearer " + token})
			require.NoError(t, err)
			s.send(t, frame{Type: "connection_init", Payload: payload})
			assert.Equal(t, 4403, s.closed(t).Code)
		})
	}
	t.Run("another scheme", func(t *testing.T) {
		t.Parallel()
		h.hear(t, asking{
			header: header("Content-Type", "application/json", "Authorization", "Basic YTpi"), body: body(`{ viewer { id } }`),
			status: 401, code: "INVALID_TOKEN",
		})
	})
	t.Run("clocks may be off by 30 s", func(t *testing.T) {
		t.Parallel()
		for name, token := range map[string]string{
			"expired": as("exp", after(-time.Second)), "not yet valid": as("nbf", after(20*time.Second)), "several audiences": as("aud", []string{"x", "stampede"}),
		} {
			got, err := h.send(token, `{ viewer { id } }`, nil)
			require.NoError(t, err)
			assert.Equal(t, marker, at(t, got.Data, "viewer.id"), name)
		}
	})
}

// TestAShopperReadsNobodyElsesPurchase: not by its id, not in a list, not by watching, and not between the lines.
func TestAShopperReadsNobodyElsesPurchase(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	id := h.schedule(t, 5)
	theirs := at(t, h.buy(t, "ann-the-buyer", id, "anns-own-key"), "purchase.id").(string)
	eve := h.token(t, "eve")
	for name, query := range map[string]string{
		"by its id":        `{ node(id: "` + theirs + `") { __typename id ... on Purchase { shopperId } } }`,
		"in the sale":      `{ saleStatus { id viewerPurchase { id shopperId } } }`,
		"as one's own":     `{ viewer { purchases { totalCount nodes { id shopperId } } } }`,
		"among all":        `{ saleStatus { purchases { totalCount nodes { id shopperId } } } }`,
		"by an operator's": `mutation { endSale(input: {saleId: "` + id + `"}) { sale { purchases { nodes { id shopperId } } } } }`,
		"by a cursor":      `{ viewer { purchases(after: "MQ") { nodes { id shopperId } } } }`,
	} {
		for who, token := range map[string]string{"eve": eve, "nobody": ""} {
			got := h.ask(t, token, query, nil)
			assert.NotContains(t, string(got.Body), "ann-the-buyer", "%s, %s", name, who)
			assert.NotContains(t, string(got.Body), theirs, "%s, %s", name, who)
		}
	}
	for _, unknown := range []string{theirs, "purchase_1_99"} { // one that is somebody else's looks like one that is not there
		got := h.ask(t, eve, `query($id: ID!) { node(id: $id) { id } }`, vars{"id": unknown})
		assert.JSONEq(t, `{"data":{"node":null}}`, string(got.Body))
	}
	s := h.connect(t, eve)
	s.subscribe(t, "1", `subscription { stockChanged { sold viewerPurchase { id shopperId } } }`, nil)
	assert.Nil(t, at(t, s.event(t), "stockChanged.viewerPurchase"))
	mine := at(t, h.buy(t, "eve", id, "anns-own-key"), "purchase.id")
	assert.NotEqual(t, theirs, mine, "another's key is another key")
	seen := s.until(t, "stockChanged", func(sale map[string]any) bool { return sale["viewerPurchase"] != nil })
	assert.Equal(t, vars{"id": mine, "shopperId": "eve"}, seen["viewerPurchase"])
	s.subscribe(t, "2", `subscription { stockChanged { purchases { nodes { shopperId } } } }`, nil)
	for {
		f := s.next(t)
		assert.NotContains(t, string(f.Payload), "ann-the-buyer")
		if f.ID == "2" {
			assert.Contains(t, string(f.Payload), "FORBIDDEN")
			break
		}
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
