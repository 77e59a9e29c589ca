package main

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"
)

// provider is an identity provider: it signs tokens, and serves the public halves of its keys.
type provider struct {
	url    string
	keys   map[string]any // private keys by algorithm, which is their key id too
	rsa    *rsa.PrivateKey
	served atomic.Pointer[[]byte] // nil: it is away
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	p := &provider{keys: map[string]any{"RS256": rsaKey, "ES256": ecKey, "EdDSA": edKey}, rsa: rsaKey}

	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		served := p.served.Load()
		if served == nil {
			http.Error(w, `{"keys":[]}`, http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write(*served)
	}))
	t.Cleanup(server.Close)
	p.url = server.URL
	p.publish(t, p.keys)
	return p
}

// publish serves the public halves of these keys, and of no others.
func (p *provider) publish(t *testing.T, keys map[string]any) {
	t.Helper()
	set := jwkset.NewMemoryStorage()
	for id, key := range keys {
		public, err := jwkset.NewJWKFromKey(key, jwkset.JWKOptions{Metadata: jwkset.JWKMetadataOptions{KID: id}})
		require.NoError(t, err)
		require.NoError(t, set.KeyWrite(t.Context(), public))
	}
	served, err := set.JSONPublic(t.Context())
	require.NoError(t, err)
	p.served.Store((*[]byte)(&served))
}

func (p *provider) sign(t *testing.T, algorithm, sub string) string {
	t.Helper()
	return p.signAs(t, algorithm, sub, "https://id.example")
}

func (p *provider) signAs(t *testing.T, algorithm, sub, issuer string) string {
	t.Helper()
	key, known := p.keys[algorithm]
	if !known {
		key = p.rsa
	}
	token := jwt.NewWithClaims(jwt.GetSigningMethod(algorithm), claimsOf(sub, issuer))
	token.Header["kid"] = algorithm
	if !known {
		token.Header["kid"] = "RS256"
	}
	signed, err := token.SignedString(key)
	require.NoError(t, err)
	return signed
}

// confuse signs with the public key as if it were a secret.
func (p *provider) confuse(t *testing.T) string {
	t.Helper()
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, claimsOf("ann", "https://id.example"))
	token.Header["kid"] = "RS256"
	signed, err := token.SignedString(x509.MarshalPKCS1PublicKey(&p.rsa.PublicKey))
	require.NoError(t, err)
	return signed
}

func (h *house) mintWith(t *testing.T, secret string) string {
	t.Helper()
	return signed(t, jwt.SigningMethodHS256, []byte(secret), claimsOf("ann", "https://id.example"))
}

func signed(t *testing.T, method jwt.SigningMethod, key any, claims jwt.MapClaims) string {
	t.Helper()
	token, err := jwt.NewWithClaims(method, claims).SignedString(key)
	require.NoError(t, err)
	return token
}

func claimsOf(sub, issuer string) jwt.MapClaims {
	return jwt.MapClaims{
		"sub": sub, "iss": issuer, "aud": "stampede", "scope": "shopper", "exp": time.Now().Add(time.Hour).Unix(),
	}
}
