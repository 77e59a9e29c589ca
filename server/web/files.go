package web

import (
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// encodings are those that the built files come in, beside themselves, the smallest first.
var encodings = []struct{ name, suffix string }{{"br", ".br"}, {"gzip", ".gz"}}

// assets is the folder of the files whose names carry a hash of what is in them.
const assets = "assets"

func (p *pages) serveFile(w http.ResponseWriter, r *http.Request, name string) {
	kind := path.Ext(name)
	if !p.holds(name) || strings.HasPrefix(path.Base(name), ".") || kind == ".br" || kind == ".gz" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "no-cache")
	if strings.HasPrefix(name, assets+"/") {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if known := mime.TypeByExtension(kind); known != "" {
		w.Header().Set("Content-Type", known) // what is compressed would be taken for something else
	}
	w.Header().Set("Vary", "Accept-Encoding")
	for _, encoding := range encodings {
		if p.holds(name+encoding.suffix) && accepts(r.Header.Get("Accept-Encoding"), encoding.name) {
			w.Header().Set("Content-Encoding", encoding.name)
			name += encoding.suffix
			break
		}
	}
	if tag := p.tags[name]; tag != "" { // of the bytes that are sent: each encoding has its own
		w.Header().Set("Etag", tag)
	}
	http.ServeFileFS(w, r, p.files, name)
}

// tagsOf are the ETags of the files that a browser asks about again each time. Hashed assets need none: they never
// change.
func tagsOf(files fs.FS) (map[string]string, error) {
	tags := map[string]string{}
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name == assets:
			return fs.SkipDir
		case entry.IsDir():
			return nil
		}
		content, err := fs.ReadFile(files, name)
		tags[name] = tagOf(content)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the built client: %w", err)
	}
	return tags, nil
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
