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

// TestWhoSendsNoRequestIsToldItsForm, that of the way by which it came.
func TestWhoSendsNoRequestIsToldItsForm(t *testing.T) {
	t.Parallel()
	s := open(t, tcp(t), nil)
	said := func(r *http.Request) string {
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		assert.Equal(t, http.StatusBadRequest, w.Code)
		assert.Contains(t, w.Body.String(), `"BAD_REQUEST"`)
		return w.Body.String()
	}
	for _, body := range []string{``, `{}`, `{"query":1}`, `{"query":"{__typename}","variables":"{}"}`} {
		told := said(httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(body)))
		assert.Contains(t, told, "a JSON object with a query", body)
		assert.Contains(t, told, "variables and extensions are objects", body)
	}
	for _, address := range []string{``, `?query=`, `?query={__typename}&variables=[]`, `?query=%zz`} {
		told := said(httptest.NewRequest(http.MethodGet, "/graphql"+address, http.NoBody))
		assert.Contains(t, told, "The address holds no GraphQL request", address)
	}
}
