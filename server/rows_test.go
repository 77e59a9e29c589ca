package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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
	closed := openHouse(t, func(c *Config) { *c.Introspect = false })
	for _, one := range []*house{h, closed} {
		require.NoError(t, one.db.DB.Close())
	}
	const fine = `{ viewer { id } }`
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
			"compressed": {header: header("Content-Type", "application/json", "Content-Encoding", "gzip"), body: marker, status: 415, code: "UNSUPPORTED_MEDIA_TYPE"},
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
