package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/graph"
)

const watchActivity = `subscription($id: ID!) { saleActivity(saleId: $id) { saleId
	total { purchasesPerSecond refusals { code perSecond } subscribers batchSize commitP50Ms commitP99Ms answerP99Ms inFlight queued }
	replicas { id name self silent figures { purchasesPerSecond subscribers } } } }`

// TestAnOperatorSeesWhatGoesOn, on this server and on the other one.
func TestAnOperatorSeesWhatGoesOn(t *testing.T) {
	t.Parallel()
	here := openHouse(t, nil)
	there := openHouse(t, func(c *Config) { c.DatabaseURL = here.databaseURL })
	id := here.schedule(t, 2)
	watcher := there.connect(t, "")
	watcher.subscribe(t, "w", watch, nil)
	watcher.event(t)

	s := here.connect(t, here.operator(t))
	s.subscribe(t, "a", watchActivity, vars{"id": id})
	first := s.event(t)["saleActivity"].(map[string]any)
	assert.Equal(t, id, first["saleId"])
	own := 0
	for _, replica := range first["replicas"].([]any) {
		if at(t, replica, "self") == true {
			own++
		}
	}
	assert.Equal(t, 1, own, "one of them is this one")

	s.until(t, "saleActivity", func(a map[string]any) bool {
		if len(a["replicas"].([]any)) != 2 {
			return false
		}
		return at(t, a, "total.subscribers") == 1.0
	})
	there.buy(t, "ann", id, "k")
	there.buy(t, "ann", id, "another")
	here.buy(t, "bob", id, "")
	here.buy(t, "cid", id, "")
	seen := map[string]bool{}
	sold := 0.0
	s.until(t, "saleActivity", func(a map[string]any) bool {
		for _, refusal := range at(t, a, "total.refusals").([]any) {
			seen[at(t, refusal, "code").(string)] = true
			assert.Positive(t, at(t, refusal, "perSecond"))
		}
		sold += at(t, a, "total.purchasesPerSecond").(float64)
		if at(t, a, "total.batchSize") != nil {
			assert.Positive(t, at(t, a, "total.commitP50Ms"))
			assert.LessOrEqual(t, at(t, a, "total.commitP50Ms"), at(t, a, "total.commitP99Ms"))
			assert.Positive(t, at(t, a, "total.answerP99Ms"))
		}
		// Of a second between two looks of this server nobody hears, should they be further apart than that.
		if !seen["ALREADY_PURCHASED"] {
			there.buy(t, "ann", id, "another")
		}
		if !seen["SOLD_OUT"] {
			here.buy(t, "cid", id, "")
		}
		return seen["SOLD_OUT"] && seen["ALREADY_PURCHASED"]
	})
	assert.Positive(t, sold)

	require.NoError(t, there.Close())
	s.until(t, "saleActivity", func(a map[string]any) bool { return len(a["replicas"].([]any)) == 1 })
}

func TestActivityIsForOperators(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	id := h.schedule(t, 1)
	for want, token := range map[string]string{"UNAUTHENTICATED": "", "FORBIDDEN": h.token(t, "ann", graph.ScopeShopper)} {
		s := h.connect(t, token)
		s.subscribe(t, "a", watchActivity, vars{"id": id})
		assert.Equal(t, want, refusal(t, s.next(t)))
	}
	s := h.connect(t, h.operator(t))
	s.subscribe(t, "a", watchActivity, vars{"id": "sale_99"})
	assert.Equal(t, "SALE_NOT_FOUND", refusal(t, s.next(t)))
}

// TestServersTakeTurnsBeforeTheyMeet in a sale: the first purchases of two that sell at once would fail each other.
func TestServersTakeTurnsBeforeTheyMeet(t *testing.T) {
	t.Parallel()
	here := openHouse(t, nil)
	id := here.schedule(t, 1000)
	there := openHouse(t, func(c *Config) { c.DatabaseURL = here.databaseURL })
	turns := func() (n int) {
		require.NoError(t, there.db.NewSelect().ColumnExpr("count(*)").TableExpr("pg_stat_activity").
			Where("application_name = 'stampede turns' AND datname = current_database()").Scan(t.Context(), &n))
		return n
	}
	buyer := 0
	require.Eventually(t, func() bool { // here has sold nothing, and said nothing of the sale since there is there
		buyer++
		there.buy(t, fmt.Sprintf("shopper %d", buyer), id, "")
		return turns() > 0
	}, waitLimit, 50*time.Millisecond)
}
