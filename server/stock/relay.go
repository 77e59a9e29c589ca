package stock

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"stampede/model"
	"stampede/server/pg"
)

const (
	channel = "stampede_stock"
	// merge is the shortest time between two notifications: what changes meanwhile goes out in one.
	merge = 50 * time.Millisecond
	// pulse is how often a replica looks whether it has missed something.
	pulse = 2 * time.Second
	// maxUncertain is how many pulses in a row may be beside the database's without being behind it.
	maxUncertain = 5
	// patience bounds one question to the database, and notifyPatience a notification.
	patience       = 5 * time.Second
	notifyPatience = time.Second
)

// Source is where a relay reads the sales.
type Source interface {
	// Sales lists every sale, and the database's clock when it was read: zero when there is no sale.
	Sales(ctx context.Context) ([]model.Sale, time.Time, error)
	// Sale reads one sale, with the database's clock.
	Sale(ctx context.Context, id model.SaleID) (model.State, error)
	// Pulse is the number of sales, the sum of their versions, and the database's clock.
	Pulse(ctx context.Context) (sales int, versions int64, now time.Time, err error)
	// Surpass makes a sale's version more than this one, and reads it. Who had bought is not known by heart any more.
	Surpass(ctx context.Context, id model.SaleID, version int64) (model.State, error)
	// Forget lets go of what is known by heart about who has bought, in every sale.
	Forget()
}

// Relay carries the news of sales between replicas: it notifies the others of what was committed here, and reads
// into the hub what they notify. The notification names the sale, and whoever hears it reads the row. Below it lies
// a net: every two seconds the hub's pulse is held against the database's.
type Relay struct {
	hub    *Hub
	clock  *Clock
	source Source
	db     *pg.DB
	log    *slog.Logger
	self   string // tells this replica's notifications from the others'
	// onRival is called when another replica is heard of; it must not block.
	onRival func()

	hears map[string]func(words string) // by channel, besides the relay's own

	outgoing pending // committed here
	incoming pending // committed elsewhere

	uncertain int  // pulses in a row; only lookOut's goroutine touches it
	listened  bool // it has been connected; only listen's goroutine touches it
	listening atomic.Bool
}

// NewRelay makes a relay that listens on db and reads from source into hub. Nothing happens before Sync or Run. It
// calls onRival whenever it hears of another replica; that must not block.
func NewRelay(hub *Hub, clock *Clock, source Source, db *pg.DB, onRival func(), log *slog.Logger) *Relay {
	return &Relay{
		hub: hub, clock: clock, source: source, db: db, log: log,
		onRival:  onRival,
		self:     rand.Text(),
		hears:    map[string]func(string){},
		outgoing: newPending(),
		incoming: newPending(),
	}
}

// Hear has the words of a channel carried to hear, which must not block: this server's own, too. Call it before Run.
func (r *Relay) Hear(channel string, hear func(words string)) { r.hears[channel] = hear }

// Send notifies every server that hears a channel.
func (r *Relay) Send(ctx context.Context, channel string, words []string) error {
	_, err := r.db.Pool.Exec(ctx, "SELECT pg_notify($1, word) FROM unnest($2::text[]) AS word", channel, words)
	if err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	return nil
}

// Publish gives a state that was committed here to the hub and, in a moment, to the other replicas. It never waits.
func (r *Relay) Publish(sale model.Sale) {
	r.hub.Publish(sale)
	r.outgoing.add(sale.ID)
}

// Sync reads every sale into the hub. When what is left of some can't be told, the others are read all the same.
func (r *Relay) Sync(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	known, asked := r.hub.known(), time.Now() // all of it had been committed before the database is asked
	sales, now, err := r.source.Sales(ctx)
	if err != nil {
		return fmt.Errorf("sync the sales: %w", err)
	}
	if now.IsZero() { // no row could carry it
		if _, _, now, err = r.source.Pulse(ctx); err != nil {
			return fmt.Errorf("sync the clock: %w", err)
		}
	}
	r.clock.Observe(now)
	var behind []model.Sale
	sales = slices.DeleteFunc(sales, func(sale model.Sale) bool {
		before, lost := r.lost(known[sale.ID], sale)
		if lost {
			behind = append(behind, before)
		}
		delete(known, sale.ID)
		return lost
	})
	for id := range known {
		r.log.WarnContext(ctx, "the database has lost a sale that it had", "sale", id)
	}
	r.hub.sync(sales, maps.Keys(known))
	if err := r.surpassAll(ctx, behind); err != nil {
		return err
	}
	r.hub.Heard(asked)
	return nil
}

// errUntold says that what is left of some sales could not be told, and all the others were read.
var errUntold = errors.New("what is left of a sale can't be told")

// surpassAll tells what is left of sales. One of which that fails, as when somebody holds its row, holds up no other,
// and what is known of it is not in step with the database. Errors: errUntold.
func (r *Relay) surpassAll(ctx context.Context, known []model.Sale) error {
	var failed []error
	for _, sale := range known {
		if err := r.surpass(ctx, sale); err != nil {
			failed = append(failed, fmt.Errorf("%w: sale %d: %w", errUntold, sale.ID, err))
		}
	}
	return errors.Join(failed...)
}

// lost is the state of a sale that the database has had and lost, if it has: the one from before it was asked, or the
// one that the hub has by now, should something have been published while it answered.
func (r *Relay) lost(before, read model.Sale) (model.Sale, bool) {
	if wentBack(before, read) {
		return before, true
	}
	latest := r.hub.sale(read.ID)
	return latest, read.Version > latest.Version && wentBack(latest, read)
}

// wentBack says whether what was read is from before what is known to have been committed, or stands in its place: a
// standby has taken over that had not got everything. Another replica may have let the version go on already, but units
// once sold are never fewer.
func wentBack(known, read model.Sale) bool {
	return read.Version < known.Version || read.Version == known.Version && !read.StandsAs(&known) ||
		read.Sold < known.Sold
}

// surpass lets a sale's revisions go on from those that everybody has seen: the state that is left has the last word.
func (r *Relay) surpass(ctx context.Context, known model.Sale) error {
	state, err := r.source.Surpass(ctx, known.ID, known.Version)
	if err != nil {
		return err
	}
	r.log.WarnContext(ctx, "the database has lost changes of a sale that it had",
		"sale", known.ID, "sold_before", known.Sold, "sold", state.Sold)
	r.Publish(state.Sale)
	return nil
}

// Run listens, notifies and looks after the net until ctx ends.
func (r *Relay) Run(ctx context.Context) {
	var running sync.WaitGroup
	running.Go(func() { r.listen(ctx) })
	running.Go(func() { r.outgoing.each(ctx, merge, r.notify) })
	running.Go(func() { r.incoming.each(ctx, merge, r.read) })
	running.Go(func() { r.lookOut(ctx) })
	running.Wait()
	if last := r.outgoing.take(); len(last) > 0 {
		r.notify(ctx, last)
	}
}

// Listening says whether the other replicas' notifications are heard just now. While they are not, their news come by
// the pulse, about two seconds late.
func (r *Relay) Listening() bool { return r.listening.Load() }

func (r *Relay) listen(ctx context.Context) {
	defer r.listening.Store(false)
	// It returns when ctx ends, and for no other reason.
	_ = r.db.Listen(ctx, pg.Listener{
		Channels:  append([]string{channel}, slices.Sorted(maps.Keys(r.hears))...),
		OnConnect: r.connected,
		OnLost:    func() { r.listening.Store(false) },
		OnNotify: func(on, payload string) {
			if hear := r.hears[on]; hear != nil {
				hear(payload)
				return
			}
			from, id, _ := strings.Cut(payload, " ")
			n, err := strconv.ParseInt(id, 10, 64)
			if err == nil && from != r.self {
				r.onRival()
				r.incoming.add(model.SaleID(n))
			}
		},
		Log: r.log,
	})
}

// connected begins anew with the database, which may be another one since the connection was lost: its clock may be
// behind, and others may have sold as many units there as are known here, to other shoppers, and no number would tell.
// What is forgotten is read up again in the background. At the first time nothing is known but what this process has
// done in its first moments.
func (r *Relay) connected(ctx context.Context) error {
	if r.listened {
		r.source.Forget()
		r.clock.Anew()
	}
	r.listened = true
	switch err := r.Sync(ctx); {
	case errors.Is(err, errUntold): // the next pulse tries again, and what others sell meanwhile is heard
		r.log.WarnContext(ctx, "could not take up all sales", "err", err)
	case err != nil:
		return err
	}
	r.listening.Store(true)
	return nil
}

// notify tells the other replicas, also when ctx has ended: what was committed here is still news to them. What gets
// lost, their pulse finds.
func (r *Relay) notify(ctx context.Context, ids []model.SaleID) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), notifyPatience)
	defer cancel()
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = r.self + " " + strconv.FormatInt(int64(id), 10)
	}
	if err := r.Send(ctx, channel, words); err != nil {
		r.log.WarnContext(ctx, "could not notify the other replicas", "sales", len(ids), "err", err)
	}
}

// read takes up what another replica has committed. What fails here holds up no other, and the next pulse finds it.
func (r *Relay) read(ctx context.Context, ids []model.SaleID) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var failed []error
	for _, id := range ids {
		if err := r.readOne(ctx, id); err != nil {
			failed = append(failed, fmt.Errorf("sale %d: %w", id, err))
		}
	}
	if len(failed) > 0 {
		r.log.WarnContext(ctx, "could not read what another replica committed", "sales", len(failed), "err", failed[0])
	}
}

func (r *Relay) readOne(ctx context.Context, id model.SaleID) error {
	before := r.hub.sale(id) // it had been committed before the database is asked
	state, err := r.source.Sale(ctx, id)
	if err != nil {
		return err
	}
	r.clock.Observe(state.At)
	if before, lost := r.lost(before, state.Sale); lost {
		return r.surpass(ctx, before)
	}
	r.hub.Publish(state.Sale)
	return nil
}

// lookOut holds the hub's pulse against the database's, now and then.
func (r *Relay) lookOut(ctx context.Context) {
	for rest(ctx, pulse) {
		if err := r.compare(ctx); err != nil && ctx.Err() == nil {
			r.log.WarnContext(ctx, "could not hear the database's pulse", "err", err)
		}
	}
}

// compare reads every sale when the database has more than the hub has now, or less than the hub had before it asked.
// What lies between may have been committed and published while it was answered, as in every rush. It may also hide
// that something was missed, so it is believed only for a while.
func (r *Relay) compare(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	salesBefore, before := r.hub.Pulse()
	asked := time.Now()
	sales, versions, now, err := r.source.Pulse(ctx)
	if err != nil {
		return err
	}
	r.clock.Observe(now)
	salesAfter, after := r.hub.Pulse()
	r.uncertain++
	if salesAfter == sales && after == versions {
		r.uncertain = 0
	}
	missed := salesAfter < sales || after < versions
	lost := salesBefore > sales || before > versions
	if missed || lost || r.uncertain == maxUncertain {
		r.uncertain = 0
		return r.Sync(ctx)
	}
	r.hub.Heard(asked)
	return nil
}
