package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"time"
)

// document is a text that is the same for all who ask. Its tag is made of its bytes, so that every server and every
// release with the same text has the same one: whoever has it already is told so (304) instead of sent it again.
type document struct {
	text []byte
	tag  string // as ETag has it, in quotes
}

func newDocument(text []byte) document { return document{text, tagOf(text)} }

// tagOf is the ETag of these bytes.
func tagOf(text []byte) string {
	sum := sha256.Sum256(text)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:15]) + `"`
}

// serve answers with the document. It may be kept, and is asked about again each time.
func (d document) serve(w http.ResponseWriter, r *http.Request, contentType string) {
	w.Header().Set("Etag", d.tag)
	serveText(w, r, contentType, d.text)
}

func serveText(w http.ResponseWriter, r *http.Request, contentType string, text []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-cache")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(text))
}
