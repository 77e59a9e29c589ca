package model_test

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"stampede/model"
)

var opening = time.Date(2026, 11, 27, 18, 0, 0, 0, time.UTC)

// open is a sale of ten that has been on for a minute, with so many sold.
func open(sold int) (model.Sale, time.Time) {
	return model.Sale{ID: 1, Stock: 10, Sold: sold, Version: 5, StartsAt: opening}, opening.Add(time.Minute)
}

func by(shopper, key string) model.Order { return model.Order{ShopperID: shopper, IdempotencyKey: key} }

func bought(sale model.SaleID, shopper, key string, ordinal int) model.Purchase {
	return model.Purchase{SaleID: sale, ShopperID: shopper, IdempotencyKey: key, Ordinal: ordinal, PurchasedAt: opening}
}

func TestDecide(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		sold    int
		change  func(*model.Sale)
		earlier []model.Purchase
		orders  []model.Order
		want    []model.Verdict
	}{
		"the first order buys the first unit": {
			orders: []model.Order{by("ann", "")}, want: []model.Verdict{model.VerdictSold},
		},
		"no order, no outcome": {},
		"first come, first served, down to the last unit": {
			sold:   8,
			orders: []model.Order{by("ann", ""), by("bob", ""), by("cid", ""), by("dan", "")},
			want:   []model.Verdict{model.VerdictSold, model.VerdictSold, model.VerdictSoldOut, model.VerdictSoldOut},
		},
		"one shopper twice in one batch buys once": {
			orders: []model.Order{by("ann", "1"), by("ann", "2"), by("ann", "")},
			want:   []model.Verdict{model.VerdictSold, model.VerdictAlreadyPurchased, model.VerdictAlreadyPurchased},
		},
		"the same key in one batch is the same purchase": {
			orders: []model.Order{by("ann", "1"), by("ann", "1")},
			want:   []model.Verdict{model.VerdictSold, model.VerdictReplayed},
		},
		"the same key of another shopper is another purchase": {
			orders: []model.Order{by("ann", "1"), by("bob", "1")},
			want:   []model.Verdict{model.VerdictSold, model.VerdictSold},
		},
		"an earlier purchase is replayed by its key, and only by its key": {
			sold: 1, earlier: []model.Purchase{bought(1, "ann", "1", 1)},
			orders: []model.Order{by("ann", "1"), by("ann", "2"), by("ann", "")},
			want:   []model.Verdict{model.VerdictReplayed, model.VerdictAlreadyPurchased, model.VerdictAlreadyPurchased},
		},
		"two orders without a key are not the same order": {
			sold: 1, earlier: []model.Purchase{bought(1, "ann", "", 1)},
			orders: []model.Order{by("ann", "")}, want: []model.Verdict{model.VerdictAlreadyPurchased},
		},
		"a purchase in another sale does not count": {
			earlier: []model.Purchase{bought(2, "ann", "1", 7)},
			orders:  []model.Order{by("ann", "1")}, want: []model.Verdict{model.VerdictSold},
		},
		"a sold-out sale still knows who has bought": {
			sold: 10, earlier: []model.Purchase{bought(1, "ann", "1", 3)},
			orders: []model.Order{by("ann", "1"), by("bob", "")},
			want:   []model.Verdict{model.VerdictReplayed, model.VerdictSoldOut},
		},
		"a sale that is over still knows who has bought": {
			sold: 1, change: func(s *model.Sale) { s.EndedAt = opening.Add(time.Second) },
			earlier: []model.Purchase{bought(1, "ann", "1", 1)},
			orders:  []model.Order{by("ann", "1"), by("bob", "")},
			want:    []model.Verdict{model.VerdictReplayed, model.VerdictNotActive},
		},
		"nothing is sold before the start": {
			change: func(s *model.Sale) { s.StartsAt = opening.Add(time.Minute + time.Nanosecond) },
			orders: []model.Order{by("ann", "")}, want: []model.Verdict{model.VerdictNotActive},
		},
		"the start itself is inside": {
			change: func(s *model.Sale) { s.StartsAt = opening.Add(time.Minute) },
			orders: []model.Order{by("ann", "")}, want: []model.Verdict{model.VerdictSold},
		},
		"the end itself is outside": {
			change: func(s *model.Sale) { s.EndsAt = opening.Add(time.Minute) },
			orders: []model.Order{by("ann", "")}, want: []model.Verdict{model.VerdictNotActive},
		},
		"nothing is sold while paused": {
			change: func(s *model.Sale) { s.PausedAt = opening },
			orders: []model.Order{by("ann", "")}, want: []model.Verdict{model.VerdictNotActive},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sale, now := open(c.sold)
			if c.change != nil {
				c.change(&sale)
			}
			d := model.Decide(sale, c.earlier, c.orders, now)
			var got []model.Verdict
			for _, o := range d.Outcomes {
				got = append(got, o.Verdict)
			}
			assert.Equal(t, c.want, got)
		})
	}
}

func TestDecideWritesWhatItSaysItSold(t *testing.T) {
	t.Parallel()
	sale, now := open(8)

	d := model.Decide(sale, nil, []model.Order{by("ann", "1"), by("ann", "2"), by("bob", ""), by("cid", "")}, now)

	ann := model.Purchase{SaleID: 1, Ordinal: 9, ShopperID: "ann", IdempotencyKey: "1", PurchasedAt: now}
	bob := model.Purchase{SaleID: 1, Ordinal: 10, ShopperID: "bob", PurchasedAt: now}
	assert.Equal(t, []model.Purchase{ann, bob}, d.Sold)
	assert.Equal(t, 10, d.Sale.Sold)
	assert.Equal(t, sale.Version+1, d.Sale.Version, "one write, one version")
	assert.Equal(t, ann, d.Outcomes[1].Purchase, "who has bought is shown the purchase")
	for _, o := range d.Outcomes {
		assert.Equal(t, model.State{Sale: d.Sale, At: now}, *o.Sale, "everyone sees the sale as the batch left it")
	}

	refused := model.Decide(d.Sale, d.Sold, []model.Order{by("eve", "")}, now)
	assert.Empty(t, refused.Sold)
	assert.Equal(t, d.Sale, refused.Sale, "a refusal changes nothing")
}

// TestDecideKeepsThePromises runs a sale through batch after batch, feeding each decision back as the database would.
func TestDecideKeepsThePromises(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sale := model.Sale{ID: 1, Stock: rapid.IntRange(1, 12).Draw(t, "stock"), Version: 1, StartsAt: opening}
		if rapid.Bool().Draw(t, "has an end") {
			sale.EndsAt = opening.Add(30 * time.Second)
		}
		ledger := map[string]model.Purchase{} // by shopper, as the unique index holds them
		now := opening.Add(-10 * time.Second)

		for range rapid.IntRange(1, 8).Draw(t, "batches") {
			now = now.Add(time.Duration(rapid.IntRange(0, 12).Draw(t, "seconds")) * time.Second)
			orders := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) model.Order {
				return by(fmt.Sprint("s", rapid.IntRange(1, 15).Draw(t, "shopper")),
					rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "key"))
			}), 0, 10).Draw(t, "orders")

			d := model.Decide(sale, relevant(ledger, orders), orders, now)
			judge(t, sale, ledger, orders, d, now)

			for _, p := range d.Sold {
				ledger[p.ShopperID] = p
			}
			sale = d.Sale
		}
	})
}

func relevant(ledger map[string]model.Purchase, orders []model.Order) []model.Purchase {
	var found []model.Purchase
	for _, o := range orders {
		if p, ok := ledger[o.ShopperID]; ok {
			found = append(found, p)
		}
	}
	return found
}

// judge holds one decision against the promises, without the decision's own reasoning.
func judge(
	t require.TestingT,
	before model.Sale, ledger map[string]model.Purchase, orders []model.Order, d model.Decision, now time.Time,
) {
	require.Len(t, d.Outcomes, len(orders), "every order has an outcome")
	require.LessOrEqual(t, d.Sale.Sold, d.Sale.Stock, "never oversold")
	after := before
	after.Sold += len(d.Sold)
	if len(d.Sold) > 0 {
		after.Version++
	}
	require.Equal(t, after, d.Sale, "the count is the number of purchases, and nothing else has changed")

	phase, left := before.PhaseAt(now), before.Remaining()
	owns := map[string]model.Purchase{}
	maps.Copy(owns, ledger)
	var sold []model.Purchase
	for i, o := range d.Outcomes {
		require.Equal(t, model.State{Sale: d.Sale, At: now}, *o.Sale, "everyone sees the sale as the batch left it")
		order := orders[i]
		bought, owner := owns[order.ShopperID]
		same := order.IdempotencyKey != "" && order.IdempotencyKey == bought.IdempotencyKey
		switch o.Verdict {
		case model.VerdictSold:
			require.Equal(t, model.PhaseActive, phase, "sold outside the window")
			require.False(t, owner, "one unit per shopper")
			require.Positive(t, left)
			left--
			require.Equal(t, model.Purchase{
				SaleID: before.ID, Ordinal: before.Sold + len(sold) + 1, ShopperID: order.ShopperID,
				IdempotencyKey: order.IdempotencyKey, PurchasedAt: now,
			}, o.Purchase, "the next ordinal, the order's shopper and key")
			owns[order.ShopperID] = o.Purchase
			sold = append(sold, o.Purchase)
		case model.VerdictReplayed:
			require.True(t, owner)
			require.True(t, same, "replayed by its key, and only by its key")
			require.Equal(t, bought, o.Purchase)
		case model.VerdictAlreadyPurchased:
			require.True(t, owner)
			require.False(t, same, "the same key is the same purchase")
			require.Equal(t, bought, o.Purchase)
		case model.VerdictSoldOut:
			require.False(t, owner, "who has bought is told so")
			require.Contains(t, []model.Phase{model.PhaseActive, model.PhaseSoldOut}, phase)
			require.Zero(t, left, "no false sold-out: an earlier order of this batch took the last unit")
			require.Zero(t, o.Purchase)
		case model.VerdictNotActive:
			require.False(t, owner, "who has bought is told so")
			require.NotContains(t, []model.Phase{model.PhaseActive, model.PhaseSoldOut}, phase)
			require.Zero(t, o.Purchase)
		default:
			require.Fail(t, "no such verdict", "%q", o.Verdict)
		}
	}
	require.Equal(t, sold, d.Sold, "what was sold is what the outcomes say, in the order they came")
}
