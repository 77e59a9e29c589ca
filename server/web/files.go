package web

import (
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

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
