package sale

import (
	"time"

	"stampede/model"
)

// seal is of an end by the clock from before which no purchase is still to come. An end by the clock is written
// nowhere: what was sold in time may still be on its way to the disk or a standby, by another server, and nothing but
// itself will tell of it. So whoever is the first to be refused waits for a write to the sale's row: that waits for
// whatever holds the row, and what has not come to it by then finds another version, and the end passed. That seals the
// end.
//
// A seal is good for one end, from a version of the sale on, and for what the ledger knows as long as it forgets
// nothing.
type seal struct {
	endsAt           time.Time
	version, history int64
}

// holds says whether this end is sealed, and all that was sold before it is in this state of the sale. Nil: there is
// none.
func (s *seal) holds(sale *model.Sale, history int64) bool {
	return s != nil && s.endsAt.Equal(sale.EndsAt) && s.version <= sale.Version && s.history == history
}

// endedByClock says that nobody has ended the sale but the clock.
func endedByClock(state *model.State) bool {
	return state.Phase() == model.PhaseEnded && state.EndedAt.IsZero()
}

// unsealed says that a sale has ended, and that purchases from before its end may still come.
func (s *Store) unsealed(state *model.State) bool {
	return endedByClock(state) && !s.grounds.of(state.ID).seal.Load().holds(&state.Sale, s.ledger.history.Load())
}

// fenced is a decision that sold nothing after its transaction has moved the sale's version on: doubts are over, and if
// the sale had ended, its end is sealed.
func (s *Store) fenced(d *model.Decision, history int64) {
	d.Fenced = true
	d.Sale.Version += reach
	for i := range d.Outcomes {
		d.Outcomes[i].Sale.Sale = d.Sale // all share it
	}
	here := s.grounds.of(d.Sale.ID)
	here.doubted.Store(false)
	if len(d.Outcomes) > 0 && endedByClock(d.Outcomes[0].Sale) {
		here.seal.Store(&seal{endsAt: d.Sale.EndsAt, version: d.Sale.Version, history: history})
	}
}
