package main

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rush sends n purchases at the same moment, each on a connection of its own, and returns the results.
func (h *house) rush(t *testing.T, n int, saleID string, who func(i int) (shopper, key string)) []map[string]any {
	t.Helper()
	tokens, inputs := make([]string, n), make([]vars, n)
	for i := range n {
		shopper, key := who(i)
		tokens[i], inputs[i] = h.token(t, shopper), vars{"input": vars{"saleId": saleID, "idempotencyKey": key}}
	}
	results := make([]map[string]any, n)
	open := make(chan struct{})
	var ready, running sync.WaitGroup
	ready.Add(n)
	for i := range n {
		running.Go(func() {
			ready.Done()
			<-open
			got, err := h.send(tokens[i], purchase, inputs[i])
			if assert.NoError(t, err) && assert.Empty(t, got.Errors) {
				results[i], _ = got.Data["purchase"].(map[string]any)
			}
		})
	}
	ready.Wait()
	close(open)
	running.Wait()
	require.False(t, t.Failed())
	return results
}

func tally(results []map[string]any) map[string]int {
	counts := map[string]int{}
	for _, r := range results {
		counts[r["__typename"].(string)]++
	}
	return counts
}

const listPurchases = `query($id: ID!) { saleStatus(saleId: $id) {
	phase stock sold remaining purchases(first: 1000) { totalCount nodes { ordinal shopperId } } } }`

// TestAThousandShoppersForAHundredUnits is the promise of the house, over real connections.
func TestAThousandShoppersForAHundredUnits(t *testing.T) {
	h := openHouse(t, nil)
	id := h.schedule(t, 100)
	watcher := h.connect(t, "")
	watcher.subscribe(t, "1", `subscription { stockChanged { phase stock sold remaining revision } }`, nil)

	results := h.rush(t, 1000, id, func(i int) (string, string) { return fmt.Sprint("shopper-", i), "k" })
	assert.Equal(t, map[string]int{"PurchaseSuccess": 100, "SoldOut": 900}, tally(results))

	confirmed := map[float64]string{}
	for _, r := range results {
		if r["__typename"] == "PurchaseSuccess" {
			ordinal := at(t, r, "purchase.ordinal").(float64)
			assert.NotContains(t, confirmed, ordinal)
			confirmed[ordinal] = at(t, r, "purchase.shopperId").(string)
		}
	}
	status := h.must(t, h.operator(t), listPurchases, vars{"id": id}, "saleStatus")
	assert.Equal(t, "SOLD_OUT", at(t, status, "phase"))
	assert.InEpsilon(t, 100.0, at(t, status, "purchases.totalCount"), 0)
	nodes := at(t, status, "purchases.nodes").([]any)
	require.Len(t, nodes, 100)
	for i, node := range nodes {
		ordinal := at(t, node, "ordinal").(float64)
		assert.InEpsilon(t, float64(i+1), ordinal, 0, "no gaps")
		assert.Equal(t, confirmed[ordinal], at(t, node, "shopperId"), "what was confirmed is in the list")
	}

	last := -1.0
	watcher.until(t, "stockChanged", func(s map[string]any) bool {
		revision := s["revision"].(float64)
		assert.Greater(t, revision, last, "revisions only grow")
		assert.InDelta(t, s["stock"], s["sold"].(float64)+s["remaining"].(float64), 0)
		last = revision
		return s["phase"] == "SOLD_OUT" && s["remaining"] == 0.0
	})
}

// TestAThousandRequestsOfOneShopper sells exactly one, with one key and with a thousand.
func TestAThousandRequestsOfOneShopper(t *testing.T) {
	h := openHouse(t, nil)
	for name, c := range map[string]struct {
		key  func(i int) string
		rest string
	}{
		"one key":         {func(int) string { return "same" }, "PurchaseSuccess"},
		"a thousand keys": {func(i int) string { return fmt.Sprint(i) }, "AlreadyPurchased"},
	} {
		t.Run(name, func(t *testing.T) {
			id := h.schedule(t, 100)
			results := h.rush(t, 1000, id, func(i int) (string, string) { return "greedy", c.key(i) })
			first, ordinals := 0, map[any]bool{}
			for _, r := range results {
				ordinals[at(t, r, "purchase.ordinal")] = true
				if r["__typename"] == "PurchaseSuccess" && r["replayed"] == false {
					first++
				} else {
					assert.Equal(t, c.rest, r["__typename"])
				}
			}
			assert.Equal(t, 1, first)
			assert.Equal(t, map[any]bool{1.0: true}, ordinals, "they all speak of the same purchase")
			status := h.must(t, h.operator(t), listPurchases, vars{"id": id}, "saleStatus")
			assert.InEpsilon(t, 1.0, at(t, status, "sold"), 0)
		})
	}
}
