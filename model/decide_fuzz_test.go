package model_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"stampede/model"
)

// FuzzDecide reads a sale, earlier purchases and orders from the fuzzer's bytes, and holds two decisions against the
// promises: that on the orders, and that on the same orders asked again.
func FuzzDecide(f *testing.F) {
	f.Add([]byte{})
	// Two of three are sold, to s1 and s4: they ask again, s2 takes the last unit, and s3 is late.
	f.Add([]byte{2, 2, 0, 0, 0, 0, 0, 2, 1, 1, 0, 4, 2, 0, 5, 1, 1, 4, 1, 2, 1, 3, 1, 2, 1})
	// Nothing is sold yet, and two shoppers come with every key, with some of them twice.
	f.Add([]byte{9, 0, 0, 0, 0, 0, 0, 0, 7, 1, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 0})
	// Before the start; over by the clock; paused; ended by hand. Whoever has bought is told so, the other is refused.
	f.Add([]byte{5, 1, 2, 9, 0, 0, 1, 1, 1, 1, 0, 2, 1, 1, 2, 1})
	f.Add([]byte{5, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 2, 1, 1, 2, 1})
	f.Add([]byte{5, 1, 0, 0, 1, 0, 1, 1, 1, 1, 0, 2, 1, 1, 2, 1})
	f.Add([]byte{5, 1, 0, 0, 0, 1, 1, 1, 1, 1, 0, 2, 1, 1, 2, 1})
	// Sold out, and s1 has bought in another sale only.
	f.Add([]byte{0, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1})

	f.Fuzz(func(t *testing.T, input []byte) {
		in := tape(input)
		sale, now := in.sale()
		earlier, ledger := in.earlier(sale)
		orders := in.orders()

		first := model.Decide(sale, earlier, orders, now)
		judge(t, sale, ledger, orders, first, now)

		for _, p := range first.Sold {
			ledger[p.ShopperID] = p
		}
		again := model.Decide(first.Sale, append(earlier, first.Sold...), orders, now)
		judge(t, first.Sale, ledger, orders, again, now)
		require.Empty(t, again.Sold, "who was refused is refused again, and who has bought has bought")
		for i, o := range first.Outcomes {
			if o.Verdict != model.VerdictSold || orders[i].IdempotencyKey == "" {
				continue
			}
			require.Equal(t, model.VerdictReplayed, again.Outcomes[i].Verdict, "the same key replays")
			require.Equal(t, o.Purchase, again.Outcomes[i].Purchase)
		}
	})
}

// tape is what a fuzzer wrote; past its end stand zeroes.
type tape []byte

// upTo reads a number from 0 to most, which is below 256.
func (in *tape) upTo(most int) int {
	if len(*in) == 0 {
		return 0
	}
	n := int((*in)[0]) % (most + 1)
	*in = (*in)[1:]
	return n
}

// sale reads a sale within the table's constraints, and the instant at which it is asked for. All its times are within
// some seconds of each other, so that they often meet.
func (in *tape) sale() (sale model.Sale, now time.Time) {
	seconds := func(n int) time.Time { return opening.Add(time.Duration(n) * time.Second) }
	sale = model.Sale{ID: 1, Version: 1, Stock: 1 + in.upTo(11)}
	sale.Sold = in.upTo(sale.Stock)
	starts := in.upTo(10)
	sale.StartsAt = seconds(starts)
	if lasts := in.upTo(10); lasts > 0 {
		sale.EndsAt = seconds(starts + lasts)
	}
	if in.upTo(1) == 1 {
		sale.PausedAt = sale.StartsAt
	}
	if in.upTo(1) == 1 {
		sale.EndedAt = sale.StartsAt
	}
	return sale, seconds(in.upTo(20))
}

// earlier reads purchases, some of them of another sale, and returns them with the ledger of this sale: by shopper, as
// the unique index holds them, and with ordinals up to what it has sold.
func (in *tape) earlier(sale model.Sale) (all []model.Purchase, ledger map[string]model.Purchase) {
	ledger = map[string]model.Purchase{}
	for range in.upTo(2 * sale.Sold) {
		p := bought(sale.ID, in.shopper(), in.key(), len(ledger)+1)
		if p.SaleID += model.SaleID(in.upTo(1)); p.SaleID == sale.ID {
			if _, owner := ledger[p.ShopperID]; owner || p.Ordinal > sale.Sold {
				continue
			}
			ledger[p.ShopperID] = p
		}
		all = append(all, p)
	}
	return all, ledger
}

func (in *tape) orders() []model.Order {
	var all []model.Order
	for range in.upTo(30) {
		all = append(all, by(in.shopper(), in.key()))
	}
	return all
}

// shopper and key are few: shoppers come again, and with each other's keys.
func (in *tape) shopper() string { return fmt.Sprint("s", in.upTo(15)) }

func (in *tape) key() string { return []string{"", "a", "b"}[in.upTo(2)] }
