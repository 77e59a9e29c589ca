package main

import (
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const newSecret = "the secret that takes the place of the other one"

// TestAUTHSECRETIsChangedWhileTokensAreOut goes through the steps of docs/operations.md, with one server at each of them.
func TestAUTHSECRETIsChangedWhileTokensAreOut(t *testing.T) {
	t.Parallel()
	before := openHouse(t, nil)
	as := func(secret, previous string) *house {
		return openHouse(t, func(c *Config) { c.DatabaseURL, c.AuthSecret, c.AuthPrevious = before.databaseURL, secret, previous })
	}
	meanwhile, after := as(newSecret, testSecret), as(newSecret, "")
	old, fresh := before.token(t, "ann"), meanwhile.token(t, "bob")
	for name, c := range map[string]struct {
		at    *house
		token string
		want  int
	}{
		"the old one before":               {before, old, http.StatusOK},
		"the new one before it is known":   {before, fresh, http.StatusUnauthorized},
		"the old one meanwhile":            {meanwhile, old, http.StatusOK},
		"the new one meanwhile":            {meanwhile, fresh, http.StatusOK},
		"the old one, which has run out":   {after, old, http.StatusUnauthorized},
		"the new one, which is the secret": {after, fresh, http.StatusOK},
	} {
		assert.Equal(t, c.want, c.at.ask(t, c.token, `{ viewer { id } }`, nil).Status, name)
	}
	id := meanwhile.schedule(t, 1)
	bought := meanwhile.must(t, old, purchase, vars{"input": vars{"saleId": id}}, "purchase")
	assert.Equal(t, "ann", at(t, bought, "purchase.shopperId"))
	meanwhile.connect(t, old)
}

// TestThePreviousSecretIsBelievedNoFurther than the present one.
func TestThePreviousSecretIsBelievedNoFurther(t *testing.T) {
	t.Parallel()
	h := openHouse(t, func(c *Config) { c.AuthSecret, c.AuthPrevious = newSecret, testSecret })
	claims := claimsOf("ann", "https://id.example")
	secret := []byte(testSecret)
	with := func(claim string, value any) string {
		changed := maps.Clone(claims)
		changed[claim] = value
		return signed(t, jwt.SigningMethodHS256, secret, changed)
	}
	status := func(token string) int { return h.ask(t, token, `{ viewer { id } }`, nil).Status }
	require.Equal(t, http.StatusOK, status(with("jti", "1")))
	for name, token := range map[string]string{
		"another algorithm": signed(t, jwt.SigningMethodHS512, secret, claims),
		"no algorithm":      signed(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, claims),
		"an empty secret":   signed(t, jwt.SigningMethodHS256, []byte{}, claims),
		"another secret":    signed(t, jwt.SigningMethodHS256, []byte(newSecret+testSecret), claims),
		"another audience":  with("aud", "another shop"),
		"expired":           with("exp", time.Now().Add(-time.Hour).Unix()),
		"without exp":       with("exp", nil),
	} {
		assert.Equal(t, http.StatusUnauthorized, status(token), name)
	}
}

// TestWithoutAPreviousSecretAnEmptyOneProvesNothing: nor without any secret.
func TestWithoutAPreviousSecretAnEmptyOneProvesNothing(t *testing.T) {
	t.Parallel()
	for _, change := range []func(*Config){nil, func(c *Config) { c.AuthSecret, c.AuthJWKSURL = "", newProvider(t).url }} {
		h := openHouse(t, change)
		assert.Equal(t, http.StatusUnauthorized, h.ask(t, h.mintWith(t, ""), `{ viewer { id } }`, nil).Status)
	}
}

func TestAPreviousSecretNeedsOneThatTakesItsPlace(t *testing.T) {
	t.Parallel()
	cfg := Config{Connections: 1, Waiting: 1, Addr: ":1", DataDir: ".", Demo: true, LogLevel: "info", LogFormat: "text", AuthPrevious: testSecret}
	require.ErrorContains(t, cfg.check(), "AUTH_SECRET_PREVIOUS needs AUTH_SECRET")
	cfg.AuthSecret = newSecret
	require.NoError(t, cfg.check())
	cfg.AuthPrevious = testSecret[:minSecret-1]
	require.ErrorContains(t, cfg.check(), "AUTH_SECRET_PREVIOUS must have")
}
