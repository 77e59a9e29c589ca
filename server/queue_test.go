package main

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestRowPurchaseQueueFull fills the queue while a transaction is stuck behind somebody else's lock. Whoever finds it
// full is told so at once and in the words of the row; whoever was let in gets an answer once the lock is gone; and
// whoever was refused buys by asking again.
func TestRowPurchaseQueueFull(t *testing.T) {
	t.Parallel()
	const waiting, tooMany = 3, 5
	h := openHouse(t, func(c *Config) { c.Waiting, c.DatabaseURL = waiting, patient(c.DatabaseURL) })
	id := h.schedule(t, 100)
	b := newBystander(t, h.owner, id)
	b.take(t, `SELECT FROM sales WHERE id = $1 FOR UPDATE`)
	stuck := h.buying(t, "stuck", id)
	b.waitForBlocked(t)

	type reply struct {
		answer
		shopper string
		err     error
	}
	replies := make(chan reply, waiting+tooMany)
	for i := range waiting + tooMany {
		shopper := fmt.Sprint("shopper-", i)
		token := h.token(t, shopper)
		go func() {
			got, err := h.send(token, purchase, vars{"input": vars{"saleId": id, "idempotencyKey": "k"}})
			replies <- reply{got, shopper, err}
		}()
	}
	var refused []string
	for range tooMany { // while nothing can move
		r := <-replies
		require.NoError(t, r.err)
		assert.Equal(t, http.StatusOK, r.Status)
		assert.Empty(t, r.Header.Get("Retry-After"), "that is for requests without a result")
		require.Empty(t, r.Errors)
		assert.Equal(t, vars{
			"__typename": "TryAgain", "code": "BUSY", "message": "Too many are waiting: ask again in a moment.",
			"retryable": true, "retryAfterMs": 1000.0,
		}, r.Data["purchase"])
		refused = append(refused, r.shopper)
	}
	assert.Empty(t, replies, "the others wait")
	b.commit(t)

	bought := map[float64]string{}
	note := func(shopper string, result map[string]any) {
		require.Equal(t, "PurchaseSuccess", result["__typename"], "%s: %v", shopper, result)
		assert.Equal(t, false, result["replayed"], "%s: it had not been bought before", shopper)
		bought[at(t, result, "purchase.ordinal").(float64)] = shopper
	}
	note("stuck", <-stuck)
	for range waiting {
		r := <-replies
		require.NoError(t, r.err)
		note(r.shopper, r.Data["purchase"].(map[string]any))
	}
	for _, shopper := range refused {
		note(shopper, h.buy(t, shopper, id, "k"))
	}
	assert.Len(t, bought, 1+waiting+tooMany, "nobody was lost, and no number was given twice")
	status := h.must(t, "", `query($id: ID) { saleStatus(saleId: $id) { sold } }`, vars{"id": id}, "saleStatus")
	assert.InDelta(t, len(bought), at(t, status, "sold"), 0)
}
