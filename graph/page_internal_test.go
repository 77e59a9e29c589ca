package graph

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/model"
)

// TestNoSaleFallsBetweenTwoPages: sales that SQL made start when they please, within the same millisecond, or long ago.
func TestNoSaleFallsBetweenTwoPages(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	all := []model.State{ // in the order of the list: by start, then by id
		{Sale: model.Sale{ID: 5, StartsAt: time.Date(1969, 7, 20, 20, 17, 40, 0, time.UTC)}},
		{Sale: model.Sale{ID: 4, StartsAt: time.Unix(0, 0)}},
		{Sale: model.Sale{ID: 3, StartsAt: noon}},
		{Sale: model.Sale{ID: 2, StartsAt: noon.Add(time.Microsecond)}},
		{Sale: model.Sale{ID: 6, StartsAt: noon.Add(time.Microsecond)}},
		{Sale: model.Sale{ID: 1, StartsAt: noon.Add(2 * time.Microsecond)}},
	}
	var listed []string
	for after, more := (*string)(nil), true; more; {
		key, err := parseCursor(t.Context(), after)
		require.NoError(t, err)
		comesAfter, err := startsAfter(t.Context(), key)
		require.NoError(t, err)
		page := salePage(firstOf(slices.Values(all), 2, comesAfter), 1, after)
		for _, sale := range page.Nodes {
			listed = append(listed, sale.ID)
		}
		after, more = page.PageInfo.EndCursor, page.PageInfo.HasNextPage
	}
	assert.Equal(t, []string{"sale_5", "sale_4", "sale_3", "sale_2", "sale_6", "sale_1"}, listed)
}

// TestACursorOfAnotherKindIsRefused, and so are those of versions that counted in milliseconds: by these a page would
// begin anew.
func TestACursorOfAnotherKindIsRefused(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"7", "1790000000000_7", "1790000000000000.", ".7", "x.7", "1790000000000000.0", "+1.7", "1.7.8"} {
		_, err := startsAfter(t.Context(), key)
		assert.Error(t, err, key)
	}
}
