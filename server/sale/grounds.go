package sale

import (
	"sync"
	"sync/atomic"

	"stampede/model"
)

// grounds are what a replica's refusals in one sale stand on, beside its ledger: that nothing is in doubt, that the end
// is sealed, and for memory's own a lease. Each minds itself: who asks for one does not wait for another.
type grounds struct {
	// doubted says that a commit's outcome could not be found out: it may still hold the sale's row, so that nobody may
	// be told that they have not bought by who does not wait for that. The sale's next durable write ends the doubt, for
	// it has waited; another sale's has not.
	doubted atomic.Bool
	seal    atomic.Pointer[seal] // nil: none
	lease   lease
}

// allGrounds are the grounds of every sale that was asked for.
type allGrounds struct {
	mu     sync.RWMutex // guards what follows
	bySale map[model.SaleID]*grounds
}

func newGrounds() *allGrounds { return &allGrounds{bySale: map[model.SaleID]*grounds{}} }

// of are a sale's grounds: none yet, if nobody has asked for them before.
func (a *allGrounds) of(id model.SaleID) *grounds {
	if known := a.known(id); known != nil {
		return known
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.bySale[id] == nil {
		a.bySale[id] = &grounds{}
	}
	return a.bySale[id]
}

func (a *allGrounds) known(id model.SaleID) *grounds {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.bySale[id]
}
