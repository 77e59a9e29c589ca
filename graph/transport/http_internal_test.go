package transport

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestWhoLeavesBeforeTheOperationBegins has no answer, and there is none: that is no panic.
func TestWhoLeavesBeforeTheOperationBegins(t *testing.T) {
	t.Parallel()
	s := open(t, tcp(t), nil)
	ctx, leave := context.WithCancel(t.Context())
	leave()
	for _, r := range []*http.Request{
		httptest.NewRequestWithContext(ctx, http.MethodGet, "/graphql?query={saleStatus{sold}}", http.NoBody),
		httptest.NewRequestWithContext(ctx, http.MethodPost, "/graphql", strings.NewReader(`{"query":"{saleStatus{sold}}"}`)),
	} {
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		assert.NotPanics(t, func() { s.ServeHTTP(w, r) })
		assert.Equal(t, http.StatusServiceUnavailable, w.Code, w.Body)
	}
}
