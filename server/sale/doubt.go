package sale

import (
	"sync"

	"stampede/model"
)

// doubts are the sales of which a commit's outcome could not be found out: it may still hold its sale's row, so that
// nobody may be told that they have not bought by who does not wait for that. The sale's next durable write ends its
// doubt, for it has waited; another sale's has not.
type doubts struct {
	mu    sync.Mutex // guards what follows
	sales map[model.SaleID]struct{}
}

func newDoubts() *doubts { return &doubts{sales: map[model.SaleID]struct{}{}} }

// about says whether something of this sale is in doubt.
func (d *doubts) about(id model.SaleID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, doubted := d.sales[id]
	return doubted
}

func (d *doubts) raise(id model.SaleID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sales[id] = struct{}{}
}

func (d *doubts) end(id model.SaleID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.sales, id)
}
