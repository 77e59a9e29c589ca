package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// bootElement is the place in a page where the server leaves its settings for the client.
var bootElement = regexp.MustCompile(`(?s)(<script id="boot" type="application/json">).*?(</script>)`)

// pages serves the built client: hashed assets for ever, the pages themselves never from a cache, and the shopper's
// page for every path that names no file.
type pages struct {
	files      fs.FS
	shop       []byte
	playground []byte
	desk       []byte
}

// Boot is what a page needs to know before its first request.
type Boot struct {
	DemoSignIn bool `json:"demoSignIn"`
}

func newPages(files fs.FS, boot Boot) (*pages, error) {
	settings, err := json.Marshal(boot)
	if err != nil {
		return nil, fmt.Errorf("encode the page's settings: %w", err)
	}
	p := &pages{files: files}
	for name, page := range map[string]*[]byte{
		"index.html": &p.shop, "playground.html": &p.playground, "desk.html": &p.desk,
	} {
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("the client has not been built (make build does): %w", err)
		}
		*page = bootElement.ReplaceAll(raw, append(append([]byte("${1}"), settings...), "${2}"...))
	}
	return p, nil
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
		servePage(w, r, p.shop)
	default:
		p.serveFile(w, r, name)
	}
}

func servePage(w http.ResponseWriter, r *http.Request, page []byte) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(page))
}

// encodings are those that the built files come in, beside themselves, the smallest first.
var encodings = []struct{ name, suffix string }{{"br", ".br"}, {"gzip", ".gz"}}

func (p *pages) serveFile(w http.ResponseWriter, r *http.Request, name string) {
	kind := path.Ext(name)
	if !p.holds(name) || strings.HasPrefix(path.Base(name), ".") || kind == ".br" || kind == ".gz" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "no-cache")
	if strings.HasPrefix(name, "assets/") {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if known := mime.TypeByExtension(kind); known != "" {
		w.Header().Set("Content-Type", known) // what is compressed would be taken for something else
	}
	w.Header().Set("Vary", "Accept-Encoding")
	for _, encoding := range encodings {
		if p.holds(name+encoding.suffix) && accepts(r.Header.Get("Accept-Encoding"), encoding.name) {
			w.Header().Set("Content-Encoding", encoding.name)
			http.ServeFileFS(w, r, p.files, name+encoding.suffix)
			return
		}
	}
	http.ServeFileFS(w, r, p.files, name)
}

func (p *pages) holds(name string) bool {
	info, err := fs.Stat(p.files, name)
	return err == nil && !info.IsDir()
}

// accepts says whether an Accept-Encoding takes this one.
func accepts(header, encoding string) bool {
	for entry := range strings.SplitSeq(header, ",") {
		name, quality, _ := strings.Cut(entry, ";")
		if !strings.EqualFold(strings.TrimSpace(name), encoding) {
			continue
		}
		_, value, _ := strings.Cut(quality, "=")
		weight, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		return err != nil || weight > 0
	}
	return false
}
