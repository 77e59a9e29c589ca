package transport

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNegotiate(t *testing.T) {
	t.Parallel()
	const response = "application/graphql-response+json"
	for accept, want := range map[string]media{
		"":                                    mediaJSON,
		"*/*":                                 mediaJSON,
		"application/*":                       mediaJSON,
		"application/json":                    mediaJSON,
		"Application/JSON":                    mediaJSON,
		response:                              mediaResponse,
		response + "; charset=UTF-8":          mediaResponse,
		response + `; charset="utf-8"`:        mediaResponse,
		response + ", application/json":       mediaResponse,
		"application/json, " + response:       mediaJSON,
		response + ",application/json;q=0.9":  mediaResponse,
		response + ";q=0.5, application/json": mediaJSON,
		"text/html":                           mediaNone,
		"text/event-stream":                   mediaNone,
		"application/json;q=0":                mediaNone,
		"application/json;q=2":                mediaNone,
		"application/json;q=NaN":              mediaNone,
		"application/json;charset=utf-16":     mediaNone,
		";":                                   mediaNone,
	} {
		assert.Equal(t, want, negotiate([]string{accept}), accept)
	}
	assert.Equal(t, mediaJSON, negotiate(nil))
	assert.Equal(t, mediaResponse, negotiate([]string{"text/html", response}))
}
