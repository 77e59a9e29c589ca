package transport

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/stretchr/testify/assert"
)

// TestNothingOfOneTextReachesTheNext: decoders are used again.
func TestNothingOfOneTextReachesTheNext(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("b", 4000)
	for range 3 {
		var numbers, longer graphql.RawParams
		assert.True(t, decode([]byte(` {"query":"{a}","variables":{"n":9007199254740993}}`+"\r\n "), &numbers))
		assert.Equal(t, map[string]any{"n": json.Number("9007199254740993")}, numbers.Variables)
		assert.True(t, decode([]byte(`{"query":"`+long+`"}`), &longer))
		assert.Equal(t, graphql.RawParams{Query: long}, longer)
		for _, text := range []string{
			``, ` `, `{`, `x`, `{"query":"{a}"`, `{"query":"{a}"} x`, `{"query":"{a}"}{}`, `{"query":"{a}"}}`, `{"query":1}`,
		} {
			assert.False(t, decode([]byte(text), new(graphql.RawParams)), text)
		}
	}
}
