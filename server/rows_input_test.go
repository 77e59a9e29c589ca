package main

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestRowOfInputOutOfBounds: operators get userErrors with the field's path, shoppers SaleNotFound for an unknown id,
// and otherwise BAD_USER_INPUT at the path.
func TestRowOfInputOutOfBounds(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	id := h.schedule(t, 1)
	operator, shopper := h.operator(t), h.token(t, "ann")
	const end = `mutation($input: SaleInput!) { endSale(input: $input) { userErrors { field code } } }`
	for name, wrong := range map[string]string{
		"empty": "", "65 characters": strings.Repeat("x", 65), "control characters": "a\x07b", "NUL": "a\x00b",
		"lone surrogates": surrogate, "white space around it": " a ",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, input := range []vars{{"saleId": wrong}, {"saleId": id, "idempotencyKey": wrong}} {
				got := h.tell(t, shopper, purchase, input)
				require.Len(t, got.Errors, 1)
				assert.Equal(t, "BAD_USER_INPUT", got.Errors[0].Extensions["code"])
				assert.Equal(t, []any{"purchase"}, got.Errors[0].Path)
				if input["saleId"] == id {
					assert.Contains(t, got.Errors[0].Message, "no white space at its ends", "what is wrong with a key of 3 characters")
				}
			}
			for path, product := range map[string]vars{
				"product.sku": {"sku": wrong, "name": "n"}, "product.name": {"sku": "s", "name": strings.ReplaceAll(wrong, "x", "xxxx")},
			} {
				whole := saleInput(1, time.Now())
				whole["product"] = product
				assert.Equal(t, path, pathOf(t, h.tell(t, operator, scheduleSale, whole), "scheduleSale"))
			}
			assert.Equal(t, "saleId", pathOf(t, h.tell(t, operator, end, vars{"saleId": wrong}), "endSale"))
		})
	}
	t.Run("an unknown id", func(t *testing.T) {
		t.Parallel()
		assert.Equal(t, "SaleNotFound", h.buy(t, "ann", "sale_404", "")["__typename"])
	})
	for name, c := range map[string]struct {
		field string
		input vars
	}{
		"stock 0":            {"stock", vars{"stock": 0}},
		"stock −1":           {"stock", vars{"stock": -1}},
		"stock 2³¹":          {"stock", vars{"stock": 1 << 31}},
		"end before start":   {"endsAt", vars{"startsAt": "2030-01-01T00:00:00Z", "endsAt": "2029-01-01T00:00:00Z"}},
		"the year 0":         {"startsAt", vars{"startsAt": "0000-01-01T00:00:00Z"}},
		"what Go calls zero": {"endsAt", vars{"endsAt": "0001-01-01T00:00:00Z"}},
		"a moment after it":  {"endsAt", vars{"endsAt": "0001-01-01T01:00:00.0004+01:00"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole := saleInput(1, time.Now())
			maps.Copy(whole, c.input)
			assert.Equal(t, c.field, pathOf(t, h.tell(t, operator, scheduleSale, whole), "scheduleSale"))
		})
	}
	t.Run("a date that is none", func(t *testing.T) {
		t.Parallel()
		for _, date := range []any{marker, "2026-02-30T00:00:00Z", "+275760-09-13T00:00:00Z", 17} {
			whole := saleInput(1, time.Now())
			whole["startsAt"] = date
			got := h.tell(t, operator, scheduleSale, whole)
			require.Len(t, got.Errors, 1)
			assert.Equal(t, "BAD_USER_INPUT", got.Errors[0].Extensions["code"])
			assert.Equal(t, []any{"scheduleSale", "input", "startsAt"}, got.Errors[0].Path)
		}
	})
}

// surrogate is where tell writes half a surrogate pair, which a string of Go cannot hold.
const surrogate = "<surrogate>"

// tell sends an operation with an input that may be wrong.
func (h *house) tell(t *testing.T, token, query string, input vars) answer {
	t.Helper()
	text, err := json.Marshal(vars{"query": query, "variables": vars{"input": input}})
	require.NoError(t, err)
	return h.hear(t, asking{
		header: header("Content-Type", "application/json", "Authorization", "Bearer "+token),
		body:   strings.ReplaceAll(string(text), `\u003csurrogate\u003e`, `\ud800`), status: 200, code: anyCode,
	})
}

// pathOf is the path of the first of an operator's errors.
func pathOf(t *testing.T, got answer, field string) string {
	t.Helper()
	require.Empty(t, got.Errors)
	var steps []string
	for _, step := range at(t, got.Data[field], "userErrors.0.field").([]any) {
		steps = append(steps, step.(string))
	}
	return strings.Join(steps, ".")
}
