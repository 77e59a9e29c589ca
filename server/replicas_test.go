package main

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestABuyerIsNotTurnedAwayByAnotherServer: a sale that one server restocks is sold out in the other one's memory, which
// refuses a crowd meanwhile. Who buys here in that moment and asks there must not hear it.
func TestABuyerIsNotTurnedAwayByAnotherServer(t *testing.T) {
	t.Parallel()
	here := openHouse(t, nil)
	there := openHouse(t, func(c *Config) { c.DatabaseURL = here.databaseURL })
	id := here.schedule(t, 1)
	require.Equal(t, "PurchaseSuccess", here.buy(t, "ann", id, "")["__typename"])
	require.Eventually(t, func() bool {
		state, found, err := there.hub.Current()
		return err == nil && found && state.Remaining() == 0
	}, waitLimit, time.Millisecond)

	var over atomic.Bool
	var refused atomic.Int64
	var crowd sync.WaitGroup
	defer crowd.Wait()
	defer over.Store(true)
	for i := range 4 {
		crowd.Go(func() {
			for n := 0; !over.Load(); n++ {
				late := there.token(t, fmt.Sprintf("late-%d-%d", i, n))
				got, err := there.send(late, purchase, vars{"input": vars{"saleId": id}})
				if !assert.NoError(t, err) {
					return
				}
				if r, _ := got.Data["purchase"].(map[string]any); r["__typename"] == "SoldOut" {
					refused.Add(1)
				}
			}
		})
	}
	tried := 0
	for i := range 5 {
		before := refused.Load()
		require.Eventually(t, func() bool { return refused.Load() > before+100 }, waitLimit, time.Millisecond)
		changed := here.changeAs(t, "tim", "restockSale", "RestockSaleInput", vars{"saleId": id, "add": 20})
		require.Empty(t, at(t, changed, "userErrors"))
		shopper := fmt.Sprint("in-time-", i)
		bought := here.buy(t, shopper, id, "")["__typename"]
		asked := there.buy(t, shopper, id, "")["__typename"]
		if bought == "PurchaseSuccess" { // and not one of the crowd
			require.Equal(t, "AlreadyPurchased", asked)
			tried++
		}
	}
	assert.Positive(t, tried)
}
