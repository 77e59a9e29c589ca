package model

import (
	"time"

	"github.com/uptrace/bun"
)

// Purchase is one unit, bought for good.
type Purchase struct {
	bun.BaseModel `bun:"table:purchases,alias:purchase"`

	SaleID         SaleID    `bun:"sale_id,pk"`
	Ordinal        int       `bun:"ordinal,pk"` // 1 for the first unit sold in the sale, without gaps
	ShopperID      string    `bun:"shopper_id"`
	IdempotencyKey string    `bun:"idempotency_key,nullzero"` // empty: the shopper sent none
	PurchasedAt    time.Time `bun:"purchased_at"`
}

// Order is one shopper's wish for one unit.
type Order struct {
	ShopperID      string // 1 to 64 characters: the subject of the token
	IdempotencyKey string // at most 64 characters; empty: none
}

// Verdict is what became of an order.
type Verdict string

// The verdicts of Decide.
const (
	VerdictSold             Verdict = "SOLD"
	VerdictReplayed         Verdict = "REPLAYED" // this key had already bought: the first purchase again
	VerdictAlreadyPurchased Verdict = "ALREADY_PURCHASED"
	VerdictNotActive        Verdict = "SALE_NOT_ACTIVE"
	VerdictSoldOut          Verdict = "SOLD_OUT"
)

// Outcome is the answer to one order.
type Outcome struct {
	Verdict  Verdict
	Purchase Purchase // for SOLD, REPLAYED and ALREADY_PURCHASED
	// Sale is the sale as the decision left it, shared by all outcomes of one decision: read only.
	Sale *State
}
