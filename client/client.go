// Package client is the built page: `npm run build` puts it into dist, and the Go compiler into the binary.
package client

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Dist is the built page, index.html at its root. It holds nothing but .keep when the page has not been built.
func Dist() fs.FS {
	built, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the name is a constant
	}
	return built
}
