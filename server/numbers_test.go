package main

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestNumbersInVariables are taken as docs/api.md says: it is gqlgen that takes them, and clients count on it.
func TestNumbersInVariables(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	id := h.schedule(t, 5)
	invalid := func(t *testing.T, got answer) {
		t.Helper()
		require.Len(t, got.Errors, 1)
		assert.Equal(t, "GRAPHQL_VALIDATION_FAILED", got.Errors[0].Extensions["code"])
		assert.Nil(t, got.Data)
	}
	const list = `query($first: Int!) { sales(first: $first) { nodes { id } } }`
	for text, taken := range map[string]bool{
		`7`: true, `"7"`: true, `7.0`: false, `7e0`: false, `"7.0"`: false, `" 7"`: false, `""`: false, `true`: false, `[7]`: false,
		`9223372036854775808`: false,
	} {
		got := h.ask(t, "", list, vars{"first": json.RawMessage(text)})
		if taken {
			assert.Empty(t, got.Errors, text)
		} else {
			invalid(t, got)
		}
	}
	for _, literal := range []string{`"7"`, `7.0`} {
		invalid(t, h.ask(t, "", `{ sales(first: `+literal+`) { nodes { id } } }`, nil))
	}

	const status = `query($id: ID) { saleStatus(saleId: $id) { id } }`
	for _, number := range []string{`7`, `7.0`, `7e3`} {
		got := h.ask(t, "", status, vars{"id": json.RawMessage(number)})
		assert.Empty(t, got.Errors, number)
		assert.Equal(t, vars{"saleStatus": nil}, got.Data, "%s: a text that is no id", number)
	}
	invalid(t, h.ask(t, "", status, vars{"id": true}))

	ann := h.token(t, "ann")
	buy := func(key string) any {
		input := vars{"saleId": id, "idempotencyKey": json.RawMessage(key)}
		return h.must(t, ann, purchase, vars{"input": input}, "purchase").(vars)["__typename"]
	}
	assert.Equal(t, "PurchaseSuccess", buy(`5`))
	assert.Equal(t, "PurchaseSuccess", buy(`"5"`), "the same key")
	assert.Equal(t, "AlreadyPurchased", buy(`5.0`), "another one")

	input := saleInput(1, time.Now())
	input["product"] = vars{"sku": "s", "name": "n", "price": vars{"amount": json.RawMessage(`49.90`), "currencyCode": "EUR"}}
	sale := h.must(t, h.operator(t), `mutation($input: ScheduleSaleInput!) { scheduleSale(input: $input) {
		sale { product { price { amount } } } } }`, vars{"input": input}, "scheduleSale")
	assert.Equal(t, "49.90", at(t, sale, "sale.product.price.amount"), "as it was written")
}
