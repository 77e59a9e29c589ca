package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var serverTime = regexp.MustCompile(`"serverTime":"[^"]*"`)

// timeless is a page without the moment at which it was made.
func timeless(page string) string { return serverTime.ReplaceAllString(page, "") }

// fetch is get with headers, and does not undo what they ask for.
func (h *house) fetch(t *testing.T, path string, headers map[string]string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.url+path, http.NoBody)
	require.NoError(t, err)
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	response, err := h.client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response, string(body)
}

// TestThePageTellsTheSale: what is sold and how it stands is in the first response, as any anonymous caller gets it,
// and nothing in a product's name becomes markup.
func TestThePageTellsTheSale(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	evil := `</script><script>alert("$1")</script> & Söhne`
	input := saleInput(7, time.Now().Add(-time.Second))
	input["product"] = vars{"sku": "E", "name": evil, "description": "<b>bold</b>", "imageUrl": `/x.svg?"onerror=`}
	h.must(t, h.operator(t), scheduleSale, vars{"input": input}, "scheduleSale")
	boot := regexp.MustCompile(`<script id="boot" type="application/json">(.*?)</script>`)
	var first struct {
		First struct {
			Viewer     any
			SaleStatus *struct {
				Typename  string `json:"__typename"`
				Remaining int
				Product   struct{ Name string }
			}
		}
	}
	var page string
	require.Eventually(t, func() bool { // one answer serves all for a moment
		_, page = h.get(t, http.MethodGet, "/")
		found := boot.FindStringSubmatch(page)
		return len(found) == 2 && json.Unmarshal([]byte(found[1]), &first) == nil && first.First.SaleStatus != nil
	}, waitLimit, 20*tick)
	assert.Equal(t, "Sale", first.First.SaleStatus.Typename)
	assert.Equal(t, 7, first.First.SaleStatus.Remaining)
	assert.Equal(t, evil, first.First.SaleStatus.Product.Name)
	assert.Nil(t, first.First.Viewer)
	assert.Contains(t, page, "<h1><bdi>"+html.EscapeString(evil)+"</bdi></h1>")
	assert.Contains(t, page, "<bdi>&lt;b&gt;bold&lt;/b&gt;</bdi>")
	assert.Contains(t, page, `<img src="/x.svg?&#34;onerror=" alt="">`)
	assert.NotContains(t, page, "alert(\"$1\")</script>")
}

func TestThePageSpeaksTheBrowsersLanguage(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	for accept, want := range map[string]string{
		"":                             `<html lang="en" dir="ltr">`,
		"de-AT,de;q=0.9":               `<html lang="de" dir="ltr">`,
		"nl, fr-CA;q=0.8":              `<html lang="fr" dir="ltr">`,
		"ar-EG":                        `<html lang="ar" dir="rtl">`,
		"zh-CN":                        `<html lang="zh-Hans" dir="ltr">`,
		"zh-TW, ja;q=0.5":              `<html lang="ja" dir="ltr">`,
		"en;q=0.1, hi;q=0.9":           `<html lang="hi" dir="ltr">`,
		"not a language":               `<html lang="en" dir="ltr">`,
		strings.Repeat("de,", 100):     `<html lang="en" dir="ltr">`,
		`"><script>alert(1)</script>,`: `<html lang="en" dir="ltr">`,
	} {
		response, page := h.fetch(t, "/", map[string]string{"Accept-Language": accept})
		assert.Contains(t, page, want, accept)
		assert.Equal(t, "Accept-Language", response.Header.Get("Vary"))
		words := regexp.MustCompile(`<script type="module" async crossorigin src="(/assets/words-shop-[^"]*)">`).FindStringSubmatch(page)
		if assert.Len(t, words, 2, accept) {
			response, _ := h.get(t, http.MethodGet, words[1])
			assert.Equal(t, http.StatusOK, response.StatusCode)
		}
	}
}

// TestTheShopNeedsNoInlineStyle: the shopper's page keeps to a stricter policy than GraphiQL can.
func TestTheShopNeedsNoInlineStyle(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	response, page := h.get(t, http.MethodGet, "/")
	assert.Contains(t, response.Header.Get("Content-Security-Policy"), "style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=';")
	empty := sha256.Sum256(nil)
	assert.Contains(t, response.Header.Get("Content-Security-Policy"), base64.StdEncoding.EncodeToString(empty[:]))
	assert.NotContains(t, page, "style=")
	assert.NotContains(t, page, "<style")
}
