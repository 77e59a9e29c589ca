package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"stampede/graph"
	"stampede/model"
)

// leeway is how far the clocks of whoever mints tokens may be off.
const leeway = 30 * time.Second

// demoPrefix keeps the made-up shoppers of demo sign-in apart from real ones.
const demoPrefix = "demo:"

// demoLife is how long a demo shopper stays signed in.
const demoLife = 24 * time.Hour

// ErrInvalidToken says that a token does not prove who sent it. It carries no reason: the log has it.
var ErrInvalidToken = errors.New("the access token is not valid")

// AuthConfig says whose tokens are believed. At least one of Secret and JWKSURL is set.
type AuthConfig struct {
	Secret   string // HS256
	Previous string // another one whose tokens are believed; none are minted with it; empty: none
	JWKSURL  string // RS256, ES256, EdDSA; read at start, every 10 minutes, and when a key appears that nobody knows
	Issuer   string // empty: any
	Audience string
}

// Auth checks access tokens, and mints them where it has a secret. Its claims: sub is the shopper, scope holds
// space-separated `shopper` and `operator`; exp and aud are required.
type Auth struct {
	cfg    AuthConfig
	parser *jwt.Parser
	hmac   jwt.VerificationKeySet // of Secret and Previous
	remote *keys                  // nil without JWKSURL
	log    *slog.Logger

	refused atomic.Int64 // tokens
}

type claims struct {
	misspelt
	jwt.RegisteredClaims
	Scope string `json:"scope"`
}

// misspelt takes the claims whose names are right but for their case, and are others (RFC 7519, 10.1.1): encoding/json
// takes a name that is no field's to the letter for that of the first field which is spelt so in any case.
type misspelt struct {
	ISS, SUB, AUD, EXP, NBF, IAT, SCOPE ignored `json:",omitzero"`
}

type ignored struct{}

func (*ignored) UnmarshalJSON([]byte) error { return nil }

// NewAuth makes an Auth; what it does in the background ends with ctx. A provider that is away at the start does not
// keep the server from starting: until it is there, nobody is signed in by its keys.
func NewAuth(ctx context.Context, cfg AuthConfig, log *slog.Logger) *Auth {
	a := &Auth{cfg: cfg, log: log}
	var methods []string
	for _, secret := range []string{cfg.Secret, cfg.Previous} {
		if secret != "" {
			methods = []string{jwt.SigningMethodHS256.Alg()}
			a.hmac.Keys = append(a.hmac.Keys, []byte(secret))
		}
	}
	if cfg.JWKSURL != "" {
		methods = append(methods, jwt.SigningMethodRS256.Alg(), jwt.SigningMethodES256.Alg(), jwt.SigningMethodEdDSA.Alg())
		a.remote = newKeys(ctx, cfg.JWKSURL, log)
	}
	options := []jwt.ParserOption{
		jwt.WithValidMethods(methods), jwt.WithAudience(cfg.Audience), jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(), jwt.WithLeeway(leeway),
	}
	if cfg.Issuer != "" {
		options = append(options, jwt.WithIssuer(cfg.Issuer))
	}
	a.parser = jwt.NewParser(options...)
	return a
}

// Verify is the viewer whom a token names, and until when it is good; or ErrInvalidToken.
func (a *Auth) Verify(ctx context.Context, token string) (viewer *graph.Viewer, until time.Time, err error) {
	var c claims
	key := func(t *jwt.Token) (any, error) { return a.key(ctx, t) }
	if _, err := a.parser.ParseWithClaims(token, &c, key); err != nil {
		a.log.Debug("refused a token", "err", err)
		return nil, until, ErrInvalidToken
	}
	if !model.ValidShopperID(c.Subject) {
		a.log.Debug("refused a token: sub is not 1 to 64 characters")
		return nil, until, ErrInvalidToken
	}
	return &graph.Viewer{ID: c.Subject, Scopes: scopesOf(c.Scope)}, c.ExpiresAt.Add(leeway), nil
}

// key picks the key by the token's algorithm, which the parser has held against the valid ones: a public key is
// never taken for a secret.
func (a *Auth) key(ctx context.Context, token *jwt.Token) (any, error) {
	if _, critical := token.Header["crit"]; critical { // golang-jwt does not look: RFC 7515, 4.1.11
		return nil, errors.New("the token has a critical extension, and none is known here")
	}
	if token.Method == jwt.SigningMethodHS256 {
		return a.hmac, nil
	}
	id, _ := token.Header["kid"].(string)
	return a.remote.find(ctx, id)
}

// scopesOf are the scopes that a claim names, each once; whatever else it holds is for others.
func scopesOf(claim string) []graph.Scope {
	scopes := []graph.Scope{}
	for word := range strings.FieldsSeq(claim) {
		scope := graph.Scope(strings.ToUpper(word))
		if scope.IsValid() && word == strings.ToLower(word) && !slices.Contains(scopes, scope) {
			scopes = append(scopes, scope)
		}
	}
	return scopes
}

// Mint makes a token with the secret. Errors: no secret; sub is not 1 to 64 characters.
func (a *Auth) Mint(sub string, scopes []graph.Scope, life time.Duration) (string, time.Time, error) {
	if a.cfg.Secret == "" {
		return "", time.Time{}, errors.New("tokens can only be minted with AUTH_SECRET")
	}
	if !model.ValidShopperID(sub) {
		return "", time.Time{}, errors.New("the subject of a token is 1 to 64 characters of text")
	}
	words := make([]string, len(scopes))
	for i, scope := range scopes {
		words[i] = strings.ToLower(string(scope))
	}
	now := time.Now()
	expiresAt := now.Add(life).Truncate(time.Second)
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Subject: sub, Issuer: a.cfg.Issuer, Audience: jwt.ClaimStrings{a.cfg.Audience},
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(expiresAt),
		},
		Scope: strings.Join(words, " "),
	}).SignedString([]byte(a.cfg.Secret))
	if err != nil {
		return "", time.Time{}, fmt.Errorf("sign a token: %w", err)
	}
	return token, expiresAt, nil
}

// DemoSignIn mints a token for the shopper with this name: the same name is the same shopper.
func (a *Auth) DemoSignIn(name string) (string, time.Time, *graph.Viewer, error) {
	viewer := &graph.Viewer{ID: demoPrefix + name, Scopes: []graph.Scope{graph.ScopeShopper}}
	token, expiresAt, err := a.Mint(viewer.ID, viewer.Scopes, demoLife)
	return token, expiresAt, viewer, err
}

// Authenticate puts the viewer whom an Authorization value names into the context, and says until when its token is
// good. Errors: ErrInvalidToken.
func (a *Auth) Authenticate(ctx context.Context, authorization string) (context.Context, time.Time, error) {
	scheme, token, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		a.refused.Add(1)
		return ctx, time.Time{}, ErrInvalidToken
	}
	viewer, until, err := a.Verify(ctx, strings.TrimSpace(token))
	if err != nil {
		a.refused.Add(1)
		return ctx, until, err
	}
	return graph.WithViewer(ctx, viewer), until, nil
}
