// Package model says what is sold and by which rules. It does no I/O, reads no clock and knows no context:
// every function here is a plain answer to plain values, so the rule book can be read, tested and fuzzed alone.
package model

import (
	"iter"
	"time"

	"github.com/uptrace/bun"
)

// MaxStock is the most units that a sale may hold. It keeps State.Revision, which grows at most four for each unit sold
// and a few hundred for each change by an operator or lost answer, inside the 32 bits of a GraphQL Int.
const MaxStock = 100_000_000

// SaleID numbers a sale; 1 or more. The API shows it as an opaque global id.
type SaleID int64

// Phase is where a sale stands at an instant.
type Phase string

// The phases of a sale. PhaseAt says which one wins when several could be named.
const (
	PhaseUpcoming Phase = "UPCOMING"
	PhaseActive   Phase = "ACTIVE"
	PhasePaused   Phase = "PAUSED"
	PhaseSoldOut  Phase = "SOLD_OUT"
	PhaseEnded    Phase = "ENDED"
)

// Money is an amount: a decimal such as "49.90" of a currency named by ISO 4217.
type Money struct {
	Amount       string `json:"amount"`
	CurrencyCode string `json:"currencyCode"`
}

// Product is the one thing that a sale sells. Description and ImageURL are empty, Price is nil, where there is none.
type Product struct {
	SKU         string `bun:"sku"`
	Name        string `bun:"name"`
	Description string `bun:"description,nullzero"`
	ImageURL    string `bun:"image_url,nullzero"`
	Price       *Money `bun:"price,type:jsonb,nullzero"`
}

// Sale is a flash sale as the database holds it: one product, limited stock, one unit per shopper.
//
// Times are UTC. EndsAt is zero for a sale without an end, PausedAt and EndedAt while no operator has paused or
// ended it.
type Sale struct { //nolint:recvcheck // an operation makes a changed copy; a question, asked for each order, makes none
	bun.BaseModel `bun:"table:sales,alias:sale"`

	ID       SaleID    `bun:"id,pk,autoincrement"`
	Product  Product   `bun:"embed:"`
	Stock    int       `bun:"stock"`
	Sold     int       `bun:"sold"`
	Version  int64     `bun:"version"` // more with every write of the row
	StartsAt time.Time `bun:"starts_at"`
	EndsAt   time.Time `bun:"ends_at,nullzero"`
	PausedAt time.Time `bun:"paused_at,nullzero"`
	EndedAt  time.Time `bun:"ended_at,nullzero"`
}

// StandsAs says whether all that may change of a sale is the same in both.
func (s *Sale) StandsAs(other *Sale) bool {
	return s.ID == other.ID && s.Version == other.Version && s.Stock == other.Stock && s.Sold == other.Sold &&
		s.StartsAt.Equal(other.StartsAt) && s.EndsAt.Equal(other.EndsAt) &&
		s.PausedAt.Equal(other.PausedAt) && s.EndedAt.Equal(other.EndedAt)
}

// Remaining is the number of units that are left.
func (s *Sale) Remaining() int { return s.Stock - s.Sold }

// PhaseAt is the phase at now, an instant of the database's clock. An operator's word beats the clock, and the
// clock beats the count: ended, paused, upcoming, sold out, active.
func (s *Sale) PhaseAt(now time.Time) Phase {
	switch {
	case s.overAt(now):
		return PhaseEnded
	case !s.PausedAt.IsZero():
		return PhasePaused
	case now.Before(s.StartsAt):
		return PhaseUpcoming
	case s.Remaining() <= 0:
		return PhaseSoldOut
	default:
		return PhaseActive
	}
}

func (s *Sale) overAt(now time.Time) bool {
	return !s.EndedAt.IsZero() || !s.EndsAt.IsZero() && !now.Before(s.EndsAt)
}

// RevisionAt grows with every change of phase or stock, whether a write or the clock alone made it. The version
// grows with the writes; the two lowest bits count the clock's own steps (opened, ended) since the last write, so
// that no two different states of a sale ever carry the same revision.
func (s *Sale) RevisionAt(now time.Time) int64 {
	steps := int64(0)
	if !now.Before(s.StartsAt) {
		steps++
	}
	if !s.EndsAt.IsZero() && !now.Before(s.EndsAt) {
		steps++
	}
	return s.Version<<2 + steps
}

// NextChangeAfter is the next instant after now at which the clock alone changes the phase or the revision;
// zero when there is none.
func (s *Sale) NextChangeAfter(now time.Time) time.Time {
	if now.Before(s.StartsAt) {
		return s.StartsAt
	}
	if !s.EndsAt.IsZero() && now.Before(s.EndsAt) {
		return s.EndsAt
	}
	return time.Time{}
}

// State is a sale as it stood at one instant of the database's clock.
type State struct {
	Sale
	At time.Time
}

// Phase is the sale's phase at that instant.
func (s *State) Phase() Phase { return s.PhaseAt(s.At) }

// Revision is the sale's revision at that instant.
func (s *State) Revision() int64 { return s.RevisionAt(s.At) }

// Current picks the sale that a visitor who names none is shown: the active one (a paused or sold-out one counts,
// for it is still on), else the next upcoming, else the last that ended. Several in one group: the one that
// opened last, opens first, ended last; then the higher id. It says false when there is no sale.
func Current(sales iter.Seq[Sale], now time.Time) (Sale, bool) {
	var best Sale
	found := false
	for sale := range sales {
		if !found || Precedes(&sale, &best, now) {
			best, found = sale, true
		}
	}
	return best, found
}

// Precedes says whether Current picks a before b.
func Precedes(a, b *Sale, now time.Time) bool {
	ra, rb := standing(a, now), standing(b, now)
	if ra != rb {
		return ra < rb
	}
	if ra == standingOver {
		if ea, eb := a.endAt(), b.endAt(); !ea.Equal(eb) {
			return ea.After(eb)
		}
	}
	switch ta, tb := a.StartsAt, b.StartsAt; {
	case ta.Equal(tb):
		return a.ID > b.ID
	case ra == standingUpcoming:
		return ta.Before(tb)
	default:
		return ta.After(tb)
	}
}

// The groups of Current, the one that wins first.
const (
	standingOpen = iota
	standingOnHold
	standingUpcoming
	standingOver
)

func standing(s *Sale, now time.Time) int {
	switch s.PhaseAt(now) {
	case PhaseActive:
		return standingOpen
	case PhaseEnded:
		return standingOver
	case PhaseUpcoming:
		return standingUpcoming
	default:
		if now.Before(s.StartsAt) {
			return standingUpcoming
		}
		return standingOnHold
	}
}

// endAt is when a sale that is over ended: by an operator's hand or by the clock, whichever came first.
func (s *Sale) endAt() time.Time {
	if s.EndedAt.IsZero() || !s.EndsAt.IsZero() && s.EndsAt.Before(s.EndedAt) {
		return s.EndsAt
	}
	return s.EndedAt
}
