package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"stampede/client"
	"stampede/server/pg"
	"stampede/server/pg/pgtest"
	"stampede/server/web"
)

func (h *house) get(t *testing.T, method, path string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, h.url+path, http.NoBody)
	require.NoError(t, err)
	response, err := h.client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response, string(body)
}

func TestThePageIsServed(t *testing.T) {
	t.Parallel()
	h := openHouse(t, func(c *Config) { c.Demo = true })
	_, shop := h.get(t, http.MethodGet, "/")
	_, playground := h.get(t, http.MethodGet, "/playground")
	_, desk := h.get(t, http.MethodGet, "/desk")
	assert.NotEqual(t, shop, playground)
	assert.NotEqual(t, shop, desk)
	assert.Contains(t, desk, "Stampede desk")
	assert.Contains(t, shop, `<script id="boot" type="application/json">{"demoSignIn":true,"first":{`)
	assert.Contains(t, desk, `<script id="boot" type="application/json">{"demoSignIn":true}</script>`)
	assert.NotRegexp(t, `(?i)<script(>|[^>]*[^n]">)[^<]`, shop, "no inline script but the settings")

	for path, want := range map[string]string{
		"/": shop, "/a/b": shop, "/index.html": shop, "/desks": shop, "/playground/": playground,
		"/desk/": desk, "/desk/sales/sale_1/report": desk, "/desk.html": desk, "/playground.html": playground,
	} {
		response, body := h.get(t, http.MethodGet, path)
		assert.Equal(t, http.StatusOK, response.StatusCode, path)
		assert.Equal(t, timeless(want), timeless(body), path)
		assert.Equal(t, "no-cache", response.Header.Get("Cache-Control"), path)
		assert.Equal(t, "text/html; charset=utf-8", response.Header.Get("Content-Type"), path)
	}
	for _, path := range []string{"/nothing.png", "/assets/nothing.js", "/.keep", "/../go.mod", "/assets"} {
		response, _ := h.get(t, http.MethodGet, path)
		if path == "/assets" { // a folder is no file: the page
			assert.Equal(t, http.StatusOK, response.StatusCode)
			continue
		}
		assert.Equal(t, http.StatusNotFound, response.StatusCode, path)
	}
	response, _ := h.get(t, http.MethodPost, "/")
	assert.Equal(t, http.StatusMethodNotAllowed, response.StatusCode)

	scripts, err := fs.Glob(client.Dist(), "assets/*.js")
	require.NoError(t, err)
	require.NotEmpty(t, scripts)
	response, _ = h.get(t, http.MethodGet, "/"+scripts[0])
	assert.Contains(t, response.Header.Get("Cache-Control"), "immutable", "hashed assets never change")
	assert.Contains(t, response.Header.Get("Content-Type"), "javascript")
}

// TestTheDeskKnowsWhetherItIsADemo, and takes what the owner has set for nothing but data.
func TestTheDeskKnowsWhetherItIsADemo(t *testing.T) {
	t.Parallel()
	h := openHouse(t, func(c *Config) { c.SignInURL = "https://shop.test/in?to=$0&a=</script>" })
	_, desk := h.get(t, http.MethodGet, "/desk")
	assert.Contains(t, desk, `<script id="boot" type="application/json">{"demoSignIn":false,`+
		`"signInUrl":"https://shop.test/in?to=$0\u0026a=\u003c/script\u003e"}</script>`)
}

// builtWith adds to files what the server needs of the built client.
func builtWith(t *testing.T, files fstest.MapFS) fstest.MapFS {
	t.Helper()
	for _, pattern := range []string{"*.html", "first.graphql", "unscripted.json", "assets/words-*.js"} {
		names, err := fs.Glob(client.Dist(), pattern)
		require.NoError(t, err)
		for _, name := range names {
			content, err := fs.ReadFile(client.Dist(), name)
			require.NoError(t, err)
			files[name] = &fstest.MapFile{Data: content}
		}
	}
	return files
}

// TestAssetsComeCompressed at build time, for those who can read it.
func TestAssetsComeCompressed(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	whole := []byte(strings.Repeat("a script; ", 1000))
	var zipped bytes.Buffer
	packer := gzip.NewWriter(&zipped)
	_, err := packer.Write(whole)
	require.NoError(t, errors.Join(err, packer.Close()))
	const script = "assets/shop-1a2b.js"
	handler, err := web.NewHandler(web.Edge{
		GraphQL: h.graphql, Auth: h.auth, Ready: h.ready, Draining: h.draining.Load, Guard: h.guard, Log: h.log,
		Client: builtWith(t, fstest.MapFS{
			script: {Data: whole}, script + ".br": {Data: []byte("as brotli")}, script + ".gz": {Data: zipped.Bytes()},
		}),
	})
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	for accepted, want := range map[string]string{
		"": "", "identity": "", "br;q=0": "", "gzip": "gzip", "gzip, deflate, br, zstd": "br", "br;q=0, gzip": "gzip", "BR": "br",
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/"+script, http.NoBody)
		require.NoError(t, err)
		request.Header.Set("Accept-Encoding", accepted)
		response, err := h.client.Do(request)
		require.NoError(t, err)
		content, err := io.ReadAll(response.Body)
		require.NoError(t, errors.Join(err, response.Body.Close()))
		assert.Equal(t, want, response.Header.Get("Content-Encoding"), accepted)
		assert.Equal(t, "Accept-Encoding", response.Header.Get("Vary"))
		assert.Contains(t, response.Header.Get("Content-Type"), "javascript")
		assert.Contains(t, response.Header.Get("Cache-Control"), "immutable")
		assert.Equal(t, map[string][]byte{"": whole, "gzip": zipped.Bytes(), "br": []byte("as brotli")}[want], content)
	}
	broken := *h
	broken.url = server.URL
	for _, suffix := range []string{".br", ".gz"} {
		response, _ := broken.get(t, http.MethodGet, "/"+script+suffix)
		assert.Equal(t, http.StatusNotFound, response.StatusCode, "it has one address")
	}
}

func TestTheSchemaIsServedAsItIsWritten(t *testing.T) {
	t.Parallel()
	h := openHouse(t, func(c *Config) { *c.Introspect = false })
	response, text := h.get(t, http.MethodGet, "/schema.graphql")
	assert.Equal(t, http.StatusOK, response.StatusCode)
	assert.Equal(t, "text/plain; charset=utf-8", response.Header.Get("Content-Type"))
	schema, err := gqlparser.LoadSchema(&ast.Source{Input: text})
	require.NoError(t, err)
	assert.NotNil(t, schema.Mutation.Fields.ForName("purchase"))
}

func TestEveryAnswerCarriesTheHeaders(t *testing.T) {
	t.Parallel()
	h := openHouse(t, func(c *Config) { c.SignInURL = "/login" })
	_, shop := h.get(t, http.MethodGet, "/")
	assert.Contains(t, shop, `{"demoSignIn":false,"signInUrl":"/login",`)
	for _, path := range []string{"/", "/playground", "/graphql", "/healthz", "/nothing.png"} {
		response, _ := h.get(t, http.MethodGet, path)
		policy := response.Header.Get("Content-Security-Policy")
		assert.Contains(t, policy, "script-src 'self';", path)
		assert.Contains(t, policy, "frame-ancestors 'none'", path)
		assert.Contains(t, policy, "base-uri 'none'", path)
		assert.Equal(t, "nosniff", response.Header.Get("X-Content-Type-Options"), path)
		assert.Equal(t, "no-referrer", response.Header.Get("Referrer-Policy"), path)
		assert.NotEmpty(t, response.Header.Get("X-Request-Id"), path)
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	response, _ := h.get(t, http.MethodGet, "/healthz")
	assert.Equal(t, http.StatusOK, response.StatusCode)
	response, _ = h.get(t, http.MethodGet, "/readyz")
	assert.Equal(t, http.StatusOK, response.StatusCode)

	owner, err := pg.Open(t.Context(), h.owner)
	require.NoError(t, err)
	_, err = owner.Pool.Exec(t.Context(), `DELETE FROM bun_migrations`)
	require.NoError(t, errors.Join(err, owner.Close()))
	require.Eventually(t, func() bool { // an answer is kept for a moment
		response, _ = h.get(t, http.MethodGet, "/readyz")
		return response.StatusCode == http.StatusServiceUnavailable
	}, waitLimit, tick, "not migrated")

	h.draining.Store(true)
	response, _ = h.get(t, http.MethodGet, "/readyz")
	assert.Equal(t, http.StatusServiceUnavailable, response.StatusCode, "draining")
	assert.Equal(t, "1", response.Header.Get("Retry-After"))
	response, _ = h.get(t, http.MethodGet, "/healthz")
	assert.Equal(t, http.StatusOK, response.StatusCode, "it lives")
}

// TestTheDatabaseIsAway: purchases say that nothing was bought, readyz says no, and all comes back.
func TestTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	gone := h.schedule(t, 1)
	require.Equal(t, "PurchaseSuccess", h.buy(t, "ann", gone, "k")["__typename"])
	id := h.schedule(t, 5)
	require.NoError(t, h.db.Close()) // every further query of the house fails
	refused := h.buy(t, "ann", id, "k")
	assert.Equal(t, "TryAgain", refused["__typename"])
	assert.Equal(t, "BUSY", refused["code"])
	assert.Equal(t, true, refused["retryable"])
	assert.Positive(t, refused["retryAfterMs"])
	assert.Equal(t, true, h.buy(t, "ann", gone, "k")["replayed"], "a purchase that memory knows costs no transaction")
	require.Eventually(t, func() bool { return h.buy(t, "bob", gone, "k")["__typename"] == "TryAgain" }, waitLimit,
		time.Millisecond, "nobody is refused on the word of a database that may be another one by now")
	status := h.must(t, "", `{ saleStatus { phase remaining } }`, nil, "saleStatus")
	assert.Equal(t, vars{"phase": "ACTIVE", "remaining": 5.0}, status, "the last known state is still shown")
}

func TestWatchersAreToldThatTheServerRestarts(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	h.schedule(t, 1)
	s := h.connect(t, "")
	s.subscribe(t, "a", `subscription { stockChanged { phase } }`, nil)
	s.event(t)
	_, _, err := h.dial(t, nil) // and one that never says a word
	require.NoError(t, err)
	require.NoError(t, h.Close(), "nobody holds it up")
	var f frame
	err = s.ReadJSON(&f)
	for err == nil {
		err = s.ReadJSON(&f)
	}
	assert.True(t, websocket.IsCloseError(err, websocket.CloseServiceRestart), "%v", err)
	require.NoError(t, h.Close(), "twice is fine")
}

// TestASetOfKeysOfSomebodyElse signs in with what an identity provider signs.
func TestASetOfKeysOfSomebodyElse(t *testing.T) {
	t.Parallel()
	provider := newProvider(t)
	h := openHouse(t, func(c *Config) { c.AuthSecret, c.AuthJWKSURL, c.AuthIssuer = "", provider.url, "https://id.example" })
	for _, kind := range []string{"RS256", "ES256", "EdDSA"} {
		viewer := h.must(t, provider.sign(t, kind, "ann"), `{ viewer { id scopes } }`, nil, "viewer")
		assert.Equal(t, vars{"id": "ann", "scopes": []any{"SHOPPER"}}, viewer, kind)
	}
	for what, token := range map[string]string{
		"a key of nobody":                   newProvider(t).sign(t, "RS256", "ann"),
		"a public key taken for a secret":   provider.confuse(t),
		"HS256, where there is no secret":   h.mintWith(t, strings.Repeat("x", 32)),
		"RS512, which is not on the list":   provider.sign(t, "RS512", "ann"),
		"an issuer that is not the trusted": provider.signAs(t, "RS256", "ann", "https://evil.example"),
	} {
		got, err := h.send(token, `{ viewer { id } }`, nil)
		require.NoError(t, err)
		assert.Equal(t, http.StatusUnauthorized, got.Status, what)
	}
	_, _, _, err := h.auth.DemoSignIn("Ann")
	require.Error(t, err, "without a secret nothing is minted")
}

// TestAProviderThatChangesItsKeys does so while the server runs, and goes away after that.
func TestAProviderThatChangesItsKeys(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	p.publish(t, map[string]any{"RS256": p.keys["RS256"]})
	h := openHouse(t, func(c *Config) { c.AuthSecret, c.AuthJWKSURL = "", p.url })
	old, fresh := p.sign(t, "RS256", "ann"), p.sign(t, "EdDSA", "bob")
	status := func(token string) int {
		got, err := h.send(token, `{ viewer { id } }`, nil)
		require.NoError(t, err)
		return got.Status
	}
	assert.Equal(t, http.StatusOK, status(old))
	assert.Equal(t, http.StatusUnauthorized, status(fresh), "it is not published yet")
	p.publish(t, map[string]any{"EdDSA": p.keys["EdDSA"], "RS256": p.keys["RS256"]})
	require.Eventually(t, func() bool { return status(fresh) == http.StatusOK }, waitLimit, 100*tick, "without a restart")
	p.served.Store(nil)
	assert.Equal(t, http.StatusOK, status(old))
	assert.Equal(t, http.StatusOK, status(fresh))
	assert.Equal(t, http.StatusUnauthorized, status(p.sign(t, "ES256", "eve")))
}

// TestAProviderThatIsAwayAtTheStart keeps nobody from starting, and lets nobody in.
func TestAProviderThatIsAwayAtTheStart(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	p.served.Store(nil)
	h := openHouse(t, func(c *Config) { c.AuthSecret, c.AuthJWKSURL = "", p.url })
	token := p.sign(t, "ES256", "ann")
	got, err := h.send(token, `{ viewer { id } }`, nil)
	require.NoError(t, err)
	assert.Equal(t, http.StatusUnauthorized, got.Status)
	p.publish(t, p.keys)
	require.Eventually(t, func() bool {
		got, err := h.send(token, `{ viewer { id } }`, nil)
		return err == nil && got.Status == http.StatusOK
	}, waitLimit, 100*tick)
}

func TestAServerThatCannotStartLeavesNothing(t *testing.T) {
	t.Parallel()
	cfg := Config{
		Addr: "127.0.0.1:0", AuthSecret: testSecret, AuthAudience: "stampede", LogLevel: "warn", LogFormat: "text",
		DatabaseURL: "postgres://nobody@127.0.0.1:1/nothing", Connections: 1,
	}
	log, err := cfg.logger(testLog{t})
	require.NoError(t, err)
	_, err = NewApp(context.Background(), cfg, log)
	require.Error(t, err) // TestMain looks for goroutines that are left
}

// TestAServerThatFailsLateLeavesNothing: all its parts are there by then.
func TestAServerThatFailsLateLeavesNothing(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	cfg := Config{
		Addr: "127.0.0.1:0", AuthSecret: testSecret, AuthAudience: "stampede", LogLevel: "warn", LogFormat: "text",
		DatabaseURL: pgtest.URL(t), Connections: 1, MetricsAddr: taken.Addr().String(),
	}
	log, err := cfg.logger(testLog{t})
	require.NoError(t, err)
	_, err = NewApp(context.Background(), cfg, log)
	require.ErrorContains(t, err, "METRICS_ADDR") // TestMain looks for goroutines that are left
}
