package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestWhoHasADocumentAlreadyIsToldSo: a tag follows the bytes that were sent, in whichever encoding, and the shopper's
// page, which tells the moment, has none.
func TestWhoHasADocumentAlreadyIsToldSo(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	elsewhere := openHouse(t, func(c *Config) { c.SignInURL = "/login" })
	tags := map[string]string{}
	for _, path := range []string{"/schema.graphql", "/playground", "/desk", "/desk/sales/sale_1", "/demo/aurora-lamp.svg"} {
		whole, text := h.fetch(t, path, map[string]string{"Accept-Encoding": "identity"})
		tag := whole.Header.Get("Etag")
		require.Regexp(t, `^"[\w-]{20}"$`, tag, path)
		assert.Equal(t, "no-cache", whole.Header.Get("Cache-Control"), path)
		tags[path] = tag
		for have, status := range map[string]int{
			tag: http.StatusNotModified, "W/" + tag: http.StatusNotModified, `"older", ` + tag: http.StatusNotModified,
			`"older"`: http.StatusOK, "": http.StatusOK,
		} {
			response, body := h.fetch(t, path, map[string]string{"Accept-Encoding": "identity", "If-None-Match": have})
			assert.Equal(t, status, response.StatusCode, "%s %s", path, have)
			assert.Equal(t, tag, response.Header.Get("Etag"), path)
			assert.Equal(t, whole.Header["Content-Security-Policy"], response.Header["Content-Security-Policy"], path)
			assert.Equal(t, whole.Header["Vary"], response.Header["Vary"], path)
			assert.Equal(t, map[int]string{http.StatusOK: text}[status], body, path)
		}
		other, _ := elsewhere.fetch(t, path, map[string]string{"Accept-Encoding": "identity", "If-None-Match": tag})
		same := map[bool]int{true: http.StatusOK, false: http.StatusNotModified}[strings.HasPrefix(path, "/desk")]
		assert.Equal(t, same, other.StatusCode, "%s of a server with other settings", path)
	}
	assert.Equal(t, tags["/desk"], tags["/desk/sales/sale_1"], "one page at many addresses")

	zipped, _ := h.fetch(t, "/demo/aurora-lamp.svg", map[string]string{"Accept-Encoding": "gzip"})
	assert.Equal(t, "gzip", zipped.Header.Get("Content-Encoding"))
	assert.NotEqual(t, tags["/demo/aurora-lamp.svg"], zipped.Header.Get("Etag"), "other bytes, another tag")
	shop, _ := h.fetch(t, "/", map[string]string{"If-None-Match": tags["/playground"]})
	assert.Equal(t, http.StatusOK, shop.StatusCode)
	assert.Empty(t, shop.Header.Get("Etag"))
}
