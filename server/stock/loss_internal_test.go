package stock

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/model"
)

// table is a database with one sale, which counts what it is asked.
type table struct {
	row                          model.Sale
	surpassed, forgotten, listed int
	asked                        func() // while it answers
}

func (d *table) answering() {
	if d.asked != nil {
		d.asked()
	}
}

func (d *table) Sales(context.Context) ([]model.Sale, time.Time, error) {
	d.listed++
	d.answering()
	return []model.Sale{d.row}, time.Now(), nil
}

func (d *table) Sale(context.Context, model.SaleID) (model.State, error) {
	d.answering()
	return model.State{Sale: d.row, At: time.Now()}, nil
}

func (d *table) Pulse(context.Context) (sales int, versions int64, now time.Time, err error) {
	sales, versions = 1, d.row.Version
	d.answering()
	return sales, versions, time.Now(), nil
}

func (d *table) Surpass(ctx context.Context, id model.SaleID, version int64) (model.State, error) {
	d.surpassed++
	d.row.Version = max(d.row.Version, version+1)
	return d.Sale(ctx, id)
}

func (d *table) Forget() { d.forgotten++ }

// empty is a database without a sale, whose clock is an hour behind.
type empty struct{ table }

func (d *empty) Sales(context.Context) ([]model.Sale, time.Time, error) { return nil, time.Time{}, nil }

func (d *empty) Pulse(context.Context) (sales int, versions int64, now time.Time, err error) {
	return 0, 0, time.Now().Add(-time.Hour), nil
}

func relayOn(source Source, known ...model.Sale) *Relay {
	clock := &Clock{}
	r := NewRelay(NewHub(clock), clock, source, nil, func() {}, slog.New(slog.DiscardHandler))
	for _, sale := range known {
		r.hub.Publish(sale)
	}
	return r
}

// TestALossIsNoticedAtAnyVersion: whoever was first to find what a failover has left has let the version go on, and the
// others must find it all the same, whichever way they hear of it.
func TestALossIsNoticedAtAnyVersion(t *testing.T) {
	t.Parallel()
	known := model.Sale{ID: 1, Stock: 1000, Sold: 1000, Version: 100}
	for name, c := range map[string]struct {
		version int64
		sold    int
		stock   int
		lost    bool
	}{
		"nothing new":                   {100, 1000, 1000, false},
		"a change that sells nothing":   {101, 1000, 1000, false},
		"an older version":              {98, 980, 1000, true},
		"the same version":              {100, 980, 1000, true},
		"the same version, another one": {100, 1000, 1100, true},
		"another replica was first":     {101, 980, 1000, true},
		"and has sold since":            {105, 990, 1000, true},
		"an older version, all is sold": {99, 1000, 1000, true},
	} {
		for way, hear := range map[string]func(*Relay) error{
			"Sync":           func(r *Relay) error { return r.Sync(t.Context()) },
			"a notification": func(r *Relay) error { r.read(t.Context(), []model.SaleID{1}); return nil },
		} {
			read := known
			read.Version, read.Sold, read.Stock = c.version, c.sold, c.stock
			source := &table{row: read}
			r := relayOn(source, known)
			require.NoError(t, hear(r))
			assert.Equal(t, c.lost, source.surpassed > 0, "%s, by %s", name, way)
			late := &table{row: read}
			overtaken := relayOn(late)
			late.asked = func() { overtaken.hub.Publish(known) } // the last that the lost database has confirmed
			require.NoError(t, hear(overtaken))
			assert.Equal(t, c.lost && c.version > known.Version, late.surpassed > 0, "%s, in between, by %s", name, way)
			got := r.hub.sale(1)
			assert.Equal(t, c.sold, got.Sold, "%s, by %s", name, way)
			require.NoError(t, hear(r))
			assert.LessOrEqual(t, source.surpassed, 1, "once is enough: %s, by %s", name, way)
		}
	}
}

// TestWhatIsShownIsAsOldAsTheQuestion: while a database answers late, more may be committed, and be told to nobody.
func TestWhatIsShownIsAsOldAsTheQuestion(t *testing.T) {
	t.Parallel()
	for name, ask := range map[string]func(*Relay, context.Context) error{
		"the pulse": (*Relay).compare, "every sale": (*Relay).Sync,
	} {
		synctest.Test(t, func(t *testing.T) {
			source := &table{row: model.Sale{ID: 1, Version: 1}, asked: func() { <-time.After(patience - time.Second) }}
			r := relayOn(source, source.row)
			began := time.Now()
			require.NoError(t, ask(r, t.Context()))
			<-time.After(time.Until(began.Add(staleAfter - time.Nanosecond)))
			_, _, err := r.hub.Latest(1)
			require.NoError(t, err, name)
			<-time.After(time.Nanosecond)
			_, _, err = r.hub.Latest(1)
			assert.Equal(t, model.CodeUnavailable, model.CodeOf(err), name)
		})
	}
}

// gappy is a database of several sales, of which the first cannot be read.
type gappy struct{ table }

func (d *gappy) Sale(_ context.Context, id model.SaleID) (model.State, error) {
	if id == 1 {
		return model.State{}, &model.Error{Code: model.CodeSaleNotFound}
	}
	return model.State{Sale: model.Sale{ID: id, Version: 1}, At: time.Now()}, nil
}

// TestASaleThatCannotBeReadHoldsUpNoOther: the pulse would find those two seconds later.
func TestASaleThatCannotBeReadHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	r := relayOn(&gappy{})
	r.read(t.Context(), []model.SaleID{1, 2, 3})
	assert.Equal(t, []model.SaleID{0, 2, 3}, []model.SaleID{r.hub.sale(1).ID, r.hub.sale(2).ID, r.hub.sale(3).ID})
}

// locked is a database that has lost the last unit of two sales, and got a third. Of the first, somebody holds the row.
type locked struct{ table }

func (d *locked) Sales(context.Context) ([]model.Sale, time.Time, error) {
	return []model.Sale{{ID: 1, Version: 5, Sold: 4}, {ID: 2, Version: 5, Sold: 4}, {ID: 3, Version: 1}}, time.Now(), nil
}

func (d *locked) Surpass(_ context.Context, id model.SaleID, version int64) (model.State, error) {
	if id == 1 {
		return model.State{}, &model.Error{Code: model.CodeBusy}
	}
	return model.State{Sale: model.Sale{ID: id, Version: version + 1, Sold: 4}, At: time.Now()}, nil
}

// TestALossThatCannotBeToldHidesNoOther: and as long as it can't be, the hub is not in step with the database.
func TestALossThatCannotBeToldHidesNoOther(t *testing.T) {
	t.Parallel()
	r := relayOn(&locked{}, model.Sale{ID: 1, Version: 6, Sold: 5}, model.Sale{ID: 2, Version: 6, Sold: 5})
	require.ErrorContains(t, r.Sync(t.Context()), "sale 1")
	assert.Equal(t, []model.Sale{{ID: 1, Version: 6, Sold: 5}, {ID: 2, Version: 7, Sold: 4}, {ID: 3, Version: 1}},
		[]model.Sale{r.hub.sale(1), r.hub.sale(2), r.hub.sale(3)})
	assert.Zero(t, r.hub.HeardAt())
	require.NoError(t, r.connected(t.Context()))
	assert.True(t, r.Listening(), "and it hears what is sold of the others")
	assert.Zero(t, r.hub.HeardAt())
}

// TestAnotherDatabasesClockIsFollowedAtOnce: after a failover it may be behind, and the readings of the old one, the later,
// would count for a quarter of a minute.
func TestAnotherDatabasesClockIsFollowedAtOnce(t *testing.T) {
	t.Parallel()
	r := relayOn(&empty{})
	r.clock.Observe(time.Now())
	ago := func() time.Duration { return time.Since(r.clock.Now()) }
	require.NoError(t, r.connected(t.Context()))
	assert.Less(t, ago(), time.Minute, "at first it may be the one that was read when the server started")
	require.NoError(t, r.connected(t.Context()))
	assert.Greater(t, ago(), time.Hour-time.Minute)
	r.clock.Observe(time.Now())
	assert.Less(t, ago(), time.Minute, "later readings count beside it")
}
