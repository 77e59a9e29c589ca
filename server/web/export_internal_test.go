package web

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"

	"stampede/graph"
	"stampede/model"
)

// books are the purchases of sale 1, or why they can't be read: err is the first page's, later that of the next.
type books struct {
	graph.Feed
	err, later, unknown error
}

func (b books) PurchasesAfter(_ context.Context, _ model.SaleID, after, limit int) ([]model.Purchase, error) {
	if after > 0 {
		return nil, b.later
	}
	page := make([]model.Purchase, limit)
	page[limit-1].Ordinal = limit
	return page, b.err
}

func (b books) Latest(id model.SaleID) (model.State, bool, error) {
	return model.State{}, id == 1, b.unknown
}

// TestAnExportThatFails says why by the error's code, and the log says what happened.
func TestAnExportThatFails(t *testing.T) {
	t.Parallel()
	away := &model.Error{Code: model.CodeUnavailable, Message: "Not just now."}
	for name, c := range map[string]struct {
		sale   string
		books  books
		status int
		logged string
	}{
		"a sale that there is not":   {"sale_2", books{}, http.StatusNotFound, ""},
		"what is no id of a sale":    {"nonsense", books{}, http.StatusNotFound, ""},
		"no sale is known":           {"sale_1", books{unknown: away}, http.StatusServiceUnavailable, "Not just now."},
		"no room":                    {"sale_1", books{err: away}, http.StatusServiceUnavailable, "Not just now."},
		"a mistake":                  {"sale_1", books{err: errors.New("no such column")}, http.StatusInternalServerError, "no such column"},
		"a mistake on the next page": {"sale_1", books{later: errors.New("no such page")}, 0, "no such page"},
	} {
		var log bytes.Buffer
		export := newExport(Edge{Purchases: c.books, Feed: c.books, Log: slog.New(slog.NewTextHandler(&log, nil))})
		viewer := &graph.Viewer{ID: "olga", Scopes: []graph.Scope{graph.ScopeOperator}}
		r := httptest.NewRequestWithContext(graph.WithViewer(t.Context(), viewer), http.MethodGet, "/", http.NoBody)
		r.SetPathValue("id", c.sale)
		w := httptest.NewRecorder()
		if c.status == 0 {
			assert.Panics(t, func() { export.ServeHTTP(w, r) }, name)
		} else {
			export.ServeHTTP(w, r)
			assert.Equal(t, c.status, w.Code, name)
			assert.NotContains(t, w.Body.String(), "no such", name)
		}
		assert.Contains(t, log.String(), c.logged, name)
	}
}
