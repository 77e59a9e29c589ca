package web

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
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
	tags       map[string]string // file -> its ETag, of those that are no hashed assets
	shop       *shopPage
	playground document
	desk       document
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
	var shop, playground, desk []byte
	for name, page := range map[string]*[]byte{
		"index.html": &shop, "playground.html": &playground, "desk.html": &desk,
	} {
		raw, err := fs.ReadFile(client, name)
		if err != nil {
			return nil, fmt.Errorf("the client has not been built (make build does): %w", err)
		}
		*page = raw
	}
	desk, err := settled(desk, boot)
	if err != nil {
		return nil, err
	}
	p := &pages{files: client, playground: newDocument(playground), desk: newDocument(desk)}
	if p.tags, err = tagsOf(client); err != nil {
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
	case name == "playground" || name == "playground.html":
		p.playground.serve(w, r, pageType)
	case name == "desk" || name == "desk.html" || strings.HasPrefix(name, "desk/") && path.Ext(name) == "":
		p.desk.serve(w, r, pageType)
	case path.Ext(name) == "" || name == "index.html":
		w.Header().Set("Content-Security-Policy", shopPolicy)
		w.Header().Set("Vary", "Accept-Language")
		// No ETag: it tells the sale and the server's time, so it is another one each time.
		serveText(w, r, pageType, p.shop.render(r.Header.Get("Accept-Language")))
	default:
		p.serveFile(w, r, name)
	}
}

const pageType = "text/html; charset=utf-8"
