package model

import (
	"time"

	"github.com/uptrace/bun"
)

// ChangeKind is what an operator did to a sale.
type ChangeKind string

// The kinds of changes.
const (
	Scheduled   ChangeKind = "SCHEDULED"
	Rescheduled ChangeKind = "RESCHEDULED"
	Paused      ChangeKind = "PAUSED"
	Resumed     ChangeKind = "RESUMED"
	Ended       ChangeKind = "ENDED"
	Restocked   ChangeKind = "RESTOCKED"
)

// Amendment is an operator's wish to change a sale.
type Amendment struct {
	Kind   ChangeKind
	By     string // the subject of the operator's token
	Change Change
	// Seen is what the operator has seen of the sale: when more has happened since, the change is STALE_REVISION.
	Seen Seen
}

// Seen is how far somebody has seen a sale; nil: they don't mind. Revision minds purchases too, Change only operators.
type Seen struct {
	Revision *int
	Change   *int // the revision that the last operator's change left; 0: none
}

// Apply makes the change, or says why not: Problems. Last is the last operator's change of the sale, zero when there is
// none; it is read only for those who mind.
func (a Amendment) Apply(before State, last SaleChange) (Sale, error) {
	switch {
	case a.Seen.Change != nil && int64(*a.Seen.Change) != last.Revision:
		return before.Sale, stale("expectedChange", last)
	case a.Seen.Revision != nil && int64(*a.Seen.Revision) != before.Revision():
		if int64(*a.Seen.Revision) >= last.Revision {
			last = SaleChange{} // it was a purchase, or the clock
		}
		return before.Sale, stale("expectedRevision", last)
	default:
		return a.Change(before.Sale, before.At)
	}
}

func stale(field string, faster SaleChange) Problems {
	message := "The sale has changed since: look again before you change it."
	if faster.By != "" {
		message = faster.By + " was faster, at " + faster.At.UTC().Format(time.RFC3339) +
			": look again before you change the sale."
	}
	return Problems{{Code: CodeStaleRevision, Field: []string{field}, Message: message}}
}

// SaleChange is one operator's change, as it is kept: who, when, what, and the sale as it left it.
type SaleChange struct {
	bun.BaseModel `bun:"table:sale_changes,alias:change"`

	SaleID   SaleID     `bun:"sale_id,pk"`
	Version  int64      `bun:"version,pk"`
	Revision int64      `bun:"revision"`
	Kind     ChangeKind `bun:"kind"`
	By       string     `bun:"changed_by"`
	At       time.Time  `bun:"changed_at"`
	Stock    int        `bun:"stock"`
	Sold     int        `bun:"sold"`
	StartsAt time.Time  `bun:"starts_at"`
	EndsAt   time.Time  `bun:"ends_at,nullzero"` // zero: none
}

// ChangeTo is the record of a change that made a sale what it is.
func ChangeTo(after State, kind ChangeKind, by string) SaleChange {
	return SaleChange{
		SaleID: after.ID, Version: after.Version, Revision: after.Revision(), Kind: kind, By: by, At: after.At,
		Stock: after.Stock, Sold: after.Sold, StartsAt: after.StartsAt, EndsAt: after.EndsAt,
	}
}

// PurchaseFilter picks purchases of a sale; zeroes pick all.
type PurchaseFilter struct {
	ShopperPrefix string
	Ordinal       int
}

// SoldPoint says when a sale had sold a number of units.
type SoldPoint struct {
	Sold int       `bun:"ordinal"`
	At   time.Time `bun:"purchased_at"`
}
