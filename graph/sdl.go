package graph

import _ "embed" // the schema's text

// SDL is the schema as it is written, for whoever generates code from it.
//
//go:embed schema.graphqls
var SDL string
