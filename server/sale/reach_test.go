package sale //nolint:testpackage // what is foreseen is nobody else's

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/model"
	"stampede/server/pg"
	"stampede/server/pg/pgtest"
)

var errLost = &pg.AmbiguousError{Cause: errors.New("the network is gone")}

// besideOthers is a sale that two replicas sell, of which one foresees what comes.
type besideOthers struct {
	db          *pg.DB
	here, there *Store
	id          model.SaleID
}

func newBesideOthers(t *testing.T) besideOthers {
	t.Helper()
	db := pgtest.Patient(t)
	here, lamp := openSale(t, db)
	b := besideOthers{db: db, here: here, there: NewStore(db, nil, here.log), id: lamp.ID}
	b.sells(t, b.here, "ann")
	b.here.NoteRival()
	return b
}

func ordersOf(shoppers ...string) (all []model.Order) {
	for _, shopper := range shoppers {
		all = append(all, model.Order{ShopperID: shopper, IdempotencyKey: "the key of " + shopper})
	}
	return all
}

func (b besideOthers) sells(t *testing.T, store *Store, shoppers ...string) {
	t.Helper()
	d, err := store.Commit(t.Context(), b.id, ordersOf(shoppers...))
	require.NoError(t, err)
	require.Len(t, d.Sold, len(shoppers))
}

// TestAForesightReachesSoFar: it is good for a number of sales of others. Who finds out that it did not come true, and an
// operator who changes the sale, move that out of its reach: should it still be on its way, it comes too late.
func TestAForesightReachesSoFar(t *testing.T) {
	t.Parallel()
	others := func(n int) func(t *testing.T, b besideOthers) {
		return func(t *testing.T, b besideOthers) {
			t.Helper()
			for i := range n {
				b.sells(t, b.there, "other-"+strconv.Itoa(i))
			}
		}
	}
	for name, c := range map[string]struct {
		meanwhile func(t *testing.T, b besideOthers)
		late      bool
	}{
		"others sell":      {meanwhile: others(reach - 1)},
		"others sell more": {meanwhile: others(reach), late: true},
		"it is found out not to have come true": {late: true, meanwhile: func(t *testing.T, b besideOthers) {
			t.Helper()
			lost := model.Decide(model.Sale{ID: b.id, Stock: 1}, nil, ordersOf("bea"), time.Now())
			_, err := b.here.findOut(t.Context(), lost, true, errLost)
			require.ErrorIs(t, err, errDidNotHappen)
		}},
		"a doubt is ended": {late: true, meanwhile: func(t *testing.T, b besideOthers) {
			t.Helper()
			b.here.grounds.of(b.id).doubted.Store(true)
			_, err := b.here.Commit(t.Context(), b.id, ordersOf("ann"))
			require.NoError(t, err)
		}},
		"a failover has taken the last write back": {late: true, meanwhile: func(t *testing.T, b besideOthers) {
			t.Helper()
			_, err := b.db.Pool.Exec(t.Context(), `UPDATE sales SET version = version - 1`)
			require.NoError(t, err)
		}},
		"an operator has changed the sale": {late: true, meanwhile: func(t *testing.T, b besideOthers) {
			t.Helper()
			b.amends(t, adds)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBesideOthers(t)
			f, ok := b.here.foreseen(b.id, ordersOf("bea", "cid"))
			require.True(t, ok)
			c.meanwhile(t, b)
			d, _, err := b.here.commitForeseen(t.Context(), b.id, f, ordersOf("bea", "cid"))
			if !c.late {
				require.NoError(t, err)
				require.Len(t, d.Sold, 2)
				return
			}
			require.ErrorIs(t, err, errSurprise)
			_, found, err := b.there.PurchaseBy(t.Context(), b.id, "bea")
			require.NoError(t, err)
			assert.False(t, found)
		})
	}
}

// TestASurpriseBesideOthersIsRememberedForAWhile: a buyer who was taken for a stranger is likely not to be the only one,
// and is no other replica. Nobody is mistaken for a stranger twice.
func TestASurpriseBesideOthersIsRememberedForAWhile(t *testing.T) {
	t.Parallel()
	b := newBesideOthers(t)
	b.sells(t, b.there, "bea")
	b.sells(t, b.here, "cid")
	met := b.here.rival.Load()
	require.Nil(t, b.here.surprised.Load())
	d, err := b.here.Commit(t.Context(), b.id, ordersOf("bea", "dan"))
	require.NoError(t, err)
	assert.Equal(t, []model.Verdict{model.VerdictReplayed, model.VerdictSold},
		[]model.Verdict{d.Outcomes[0].Verdict, d.Outcomes[1].Verdict})
	assert.WithinDuration(t, time.Now(), *b.here.surprised.Load(), time.Minute)
	assert.Same(t, met, b.here.rival.Load())

	for ago, foreseen := range map[time.Duration]bool{-time.Hour: false, calmAgain: true} {
		b.here.surprised.Store(new(time.Now().Add(-ago)))
		_, ok := b.here.foreseen(b.id, ordersOf("eva"))
		assert.Equal(t, foreseen, ok, "%s ago", ago)
	}
	_, ok := b.here.foreseen(b.id, ordersOf("bea"))
	assert.False(t, ok)

	for i := range reach {
		b.sells(t, b.there, "other-"+strconv.Itoa(i))
	}
	b.here.surprised.Store(nil)
	b.sells(t, b.here, "eva")
	assert.NotNil(t, b.here.surprised.Load(), "the others are too far ahead")
}

// TestAMomentIsOfTheClockThatNobodySets: the machine's may be set back, or forth.
func TestAMomentIsOfTheClockThatNobodySets(t *testing.T) {
	t.Parallel()
	var m moment
	assert.False(t, m.within(time.Hour), "never")
	m.isNow()
	assert.True(t, m.within(time.Hour))
	at := *m.Load()
	assert.NotEqual(t, at.String(), at.Round(0).String(), "Round would take that reading away")
	m.Store(new(at.Add(-time.Hour)))
	assert.False(t, m.within(time.Hour))
}

// TestWhatComesAfterTheEndSellsNothing, though its transaction began before: whoever asked meanwhile was told that it is over.
func TestWhatComesAfterTheEndSellsNothing(t *testing.T) {
	t.Parallel()
	b := newBesideOthers(t)
	f, ok := b.here.foreseen(b.id, ordersOf("bea"))
	require.True(t, ok)
	late, err := b.db.Pool.Acquire(t.Context())
	require.NoError(t, err)
	defer late.Release()
	_, err = late.Exec(t.Context(), "BEGIN ISOLATION LEVEL SERIALIZABLE")
	require.NoError(t, err)
	_, err = b.db.Pool.Exec(t.Context(), `UPDATE sales SET ends_at = clock_timestamp()`)
	require.NoError(t, err)
	sold, err := late.Exec(t.Context(), sellSQL, b.id, 1, f.sale.Version, f.reach, f.seen.ordinal, []string{"bea"},
		[]string{"key"}, f.seen.last.ShopperID, f.seen.last.PurchasedAt, "")
	require.NoError(t, err)
	_, err = late.Exec(t.Context(), "COMMIT")
	require.NoError(t, err)
	assert.Zero(t, sold.RowsAffected())
}

// TestALostAnswerIsFoundOutBesideOthers: nobody knows its ordinals beforehand. But what one transaction has sold is in a row,
// and of one instant.
func TestALostAnswerIsFoundOutBesideOthers(t *testing.T) {
	t.Parallel()
	b := newBesideOthers(t)
	b.here.rival.Store(nil)
	f, ok := b.here.foreseen(b.id, ordersOf("amy"))
	require.True(t, ok)
	b.sells(t, b.there, "xia")
	b.sells(t, b.there, "amy")
	_, err := b.here.findOutForeseen(t.Context(), f, ordersOf("amy"), errLost)
	require.ErrorIs(t, err, errDidNotHappen, "a replica that took itself for alone knew the ordinals")

	b.here.NoteRival()
	b.sells(t, b.here, "zac")
	b.here.surprised.Store(nil)
	batch := ordersOf("bea", "cid", "dan")
	f, ok = b.here.foreseen(b.id, batch)
	require.True(t, ok)
	b.sells(t, b.there, "zoe")
	_, err = b.here.findOutForeseen(t.Context(), f, batch, errLost)
	require.ErrorIs(t, err, errSurprise, "nothing has happened")
	require.ErrorIs(t, err, errDidNotHappen)

	b.sells(t, b.there, "bea")
	b.sells(t, b.there, "cid")
	b.sells(t, b.there, "dan")
	_, err = b.here.findOutForeseen(t.Context(), f, batch, errLost)
	require.ErrorIs(t, err, errDidNotHappen, "they have bought, one by one")

	b.sells(t, b.there, "gil")
	b.sells(t, b.here, "hal")
	b.here.surprised.Store(nil) // by the version, which finding out has moved
	f, ok = b.here.foreseen(b.id, ordersOf("gil"))
	require.True(t, ok)
	_, err = b.here.findOutForeseen(t.Context(), f, ordersOf("gil"), errLost)
	require.ErrorIs(t, err, errDidNotHappen, "who had bought before is sold nothing anew")

	batch = ordersOf("eva", "fay")
	f, ok = b.here.foreseen(b.id, batch)
	require.True(t, ok)
	b.sells(t, b.there, "yul")
	b.sells(t, b.there, "eva", "fay")
	d, err := b.here.findOutForeseen(t.Context(), f, batch, errLost)
	require.NoError(t, err)
	for i, o := range d.Outcomes {
		want, found, err := b.there.PurchaseBy(t.Context(), b.id, batch[i].ShopperID)
		require.NoError(t, err)
		require.True(t, found)
		assert.Equal(t, model.VerdictSold, o.Verdict)
		assert.Equal(t, want.Ordinal, o.Purchase.Ordinal)
		assert.Equal(t, want.Ordinal, d.Sold[i].Ordinal)
		assert.WithinDuration(t, want.PurchasedAt, o.Purchase.PurchasedAt, 0)
	}
}
