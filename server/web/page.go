package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
)

// bootElement is the place in a page where the server leaves what the client needs at once. It is data to a browser,
// not a script, so the Content-Security-Policy has nothing against it.
var bootElement = regexp.MustCompile(`(?s)<script id="boot" type="application/json">.*?</script>`)

// shopPolicy is the shopper's page's own. Its styles are served, or put into an empty <style> element rule by rule,
// which the policy does not see: the hash is that of the empty text, so an element with anything in it stays refused.
var shopPolicy = strings.ReplaceAll(contentPolicy, "style-src 'self' 'unsafe-inline'",
	"style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='")

// pages serves the built client: hashed assets for ever, the pages themselves never from a cache, and the shopper's
// page for every path that names no file.
type pages struct {
	files      fs.FS
	shop       *shopPage
	playground []byte
	desk       []byte
}

// Boot is what a page needs to know before its first request.
type Boot struct {
	DemoSignIn bool   `json:"demoSignIn"`
	SignInURL  string `json:"signInUrl,omitempty"` // where shoppers sign in; empty: the page does not know
}

// bootData is what stands in the shopper's page.
type bootData struct {
	Boot
	// First is the answer to the page's own first question, as an anonymous caller gets it; absent when it cannot be had.
	First json.RawMessage `json:"first,omitempty"`
}

func newPages(client fs.FS, boot Boot, graphql http.Handler) (*pages, error) {
	p := &pages{files: client}
	var shop []byte
	for name, page := range map[string]*[]byte{
		"index.html": &shop, "playground.html": &p.playground, "desk.html": &p.desk,
	} {
		raw, err := fs.ReadFile(client, name)
		if err != nil {
			return nil, fmt.Errorf("the client has not been built (make build does): %w", err)
		}
		*page = raw
	}
	var err error
	if p.desk, err = settled(p.desk, boot); err != nil {
		return nil, err
	}
	if p.shop, err = newShopPage(client, shop, boot, graphql); err != nil {
		return nil, err
	}
	return p, nil
}

// settled is a page with the settings in it.
func settled(page []byte, boot Boot) ([]byte, error) {
	at := bootElement.FindIndex(page)
	if at == nil {
		return nil, fmt.Errorf("the built desk has no place for %s", bootElement)
	}
	settings, err := json.Marshal(boot)
	if err != nil {
		return nil, fmt.Errorf("encode the page's settings: %w", err)
	}
	return slices.Concat(page[:at[0]], []byte(bootScript(settings)), page[at[1]:]), nil
}

// bootScript is the element with data in it, in which json.Marshal has escaped <, > and &.
func bootScript(data []byte) string {
	return `<script id="boot" type="application/json">` + string(data) + `</script>`
}

func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	switch {
	case name == "playground":
		servePage(w, r, p.playground)
	case name == "desk" || strings.HasPrefix(name, "desk/") && path.Ext(name) == "":
		servePage(w, r, p.desk)
	case path.Ext(name) == "" || name == "index.html":
		w.Header().Set("Content-Security-Policy", shopPolicy)
		w.Header().Set("Vary", "Accept-Language")
		servePage(w, r, p.shop.render(r.Header.Get("Accept-Language")))
	default:
		p.serveFile(w, r, name)
	}
}

func servePage(w http.ResponseWriter, r *http.Request, page []byte) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(page))
}
