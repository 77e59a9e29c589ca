package pg_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/server/pg"
	"stampede/server/pg/pgtest"
)

// ear runs a Listener and gives what it hears.
type ear struct {
	connected chan struct{}
	heard     chan string
	stop      func() error
}

func listen(t *testing.T, db *pg.DB, l pg.Listener, onConnect func(context.Context) error) *ear {
	t.Helper()
	e := &ear{connected: make(chan struct{}, 100), heard: make(chan string, 100)}
	l.Channels = []string{"news", `odd "name`}
	l.OnConnect = func(ctx context.Context) error {
		defer func() { e.connected <- struct{}{} }()
		if onConnect != nil {
			return onConnect(ctx)
		}
		return nil
	}
	l.OnNotify = func(channel, payload string) { e.heard <- channel + ":" + payload }
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- db.Listen(ctx, l) }()
	e.stop = func() error { cancel(); return <-ended }
	t.Cleanup(cancel)
	return e
}

func TestListenerHears(t *testing.T) {
	t.Parallel()
	db := pgtest.NewEmpty(t)
	e := listen(t, db, pg.Listener{}, nil)
	<-e.connected
	must(t, db, `SELECT pg_notify('news', 'first'), pg_notify('odd "name', 'second')`)
	assert.Equal(t, "news:first", <-e.heard)
	assert.Equal(t, `odd "name:second`, <-e.heard)
	require.ErrorIs(t, e.stop(), context.Canceled)
}

func TestListenerListensBeforeItsOwnerReads(t *testing.T) {
	t.Parallel()
	db := pgtest.NewEmpty(t)
	e := listen(t, db, pg.Listener{}, func(ctx context.Context) error {
		_, err := db.Pool.Exec(ctx, `SELECT pg_notify('news', 'while the owner reads')`)
		return err
	})
	assert.Equal(t, "news:while the owner reads", <-e.heard)
	require.ErrorIs(t, e.stop(), context.Canceled)
}

func TestListenerConnectsAgain(t *testing.T) {
	t.Parallel()
	db := pgtest.NewEmpty(t)
	var log bytes.Buffer
	lost := make(chan struct{}, 100)
	e := listen(t, db, pg.Listener{
		OnLost: func() { lost <- struct{}{} }, Log: slog.New(slog.NewTextHandler(&log, nil)),
	}, nil)
	<-e.connected
	assert.Empty(t, lost)
	must(t, db, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'LISTEN%'`)
	<-e.connected
	assert.NotEmpty(t, lost, "told before it is connected again")
	must(t, db, `SELECT pg_notify('news', 'again')`)
	assert.Equal(t, "news:again", <-e.heard)
	require.ErrorIs(t, e.stop(), context.Canceled)
	assert.Regexp(t, `(?s)^time=\S+ level=WARN msg="listener lost its connection".*level=INFO msg="listener is connected again"[^\n]*\n$`, log.String())
}

func TestListenerConnectsAgainWhenItsOwnerCouldNotRead(t *testing.T) {
	t.Parallel()
	db := pgtest.NewEmpty(t)
	var calls atomic.Int32
	e := listen(t, db, pg.Listener{}, func(context.Context) error {
		if calls.Add(1) == 1 {
			return errors.New("not now")
		}
		return nil
	})
	<-e.connected
	<-e.connected
	must(t, db, `SELECT pg_notify('news', 'again')`)
	assert.Equal(t, "news:again", <-e.heard)
	require.ErrorIs(t, e.stop(), context.Canceled)
}

func TestListenerOutlastsSilence(t *testing.T) {
	t.Parallel()
	direct := pgtest.NewEmpty(t)
	pinged := make(chan struct{}, 1000)
	network := pgtest.Between(t, direct.Pool.Config().ConnString(), false, func(_ int32, sent []byte) bool {
		if isPing(sent) {
			pinged <- struct{}{}
		}
		return false
	})
	db, err := pg.Open(bounded(t), network.URL)
	require.NoError(t, err)
	e := listen(t, db, pg.Listener{Silence: 3 * time.Second}, nil)
	<-e.connected
	<-pinged
	<-pinged
	must(t, direct, `SELECT pg_notify('news', 'after a silence')`)
	assert.Equal(t, "news:after a silence", <-e.heard)
	require.ErrorIs(t, e.stop(), context.Canceled)
	assert.Empty(t, e.connected, "on the same connection")
	require.NoError(t, db.Close())
}

func TestListenerNoticesADeadNetwork(t *testing.T) {
	t.Parallel()
	direct := pgtest.NewEmpty(t)
	const pool, first, second int32 = 1, 2, 3 // connections
	network := pgtest.Between(t, direct.Pool.Config().ConnString(), true, func(conn int32, sent []byte) bool {
		return conn == first && isPing(sent)
	})
	db, err := pg.Open(bounded(t), network.URL)
	require.NoError(t, err)
	require.Equal(t, pool, network.Accepted.Load())
	accepted := make(chan int32, 100) // as each connection found it: later ones come and go when the machine stands still
	e := listen(t, db, pg.Listener{Silence: 100 * time.Millisecond}, func(context.Context) error {
		accepted <- network.Accepted.Load()
		return nil
	})
	<-e.connected
	begin := time.Now()
	<-e.connected
	assert.Less(t, time.Since(begin), 10*time.Second, "it did not wait for pgx to give the dead connection up")
	assert.Equal(t, []int32{first, second}, []int32{<-accepted, <-accepted})
	require.ErrorIs(t, e.stop(), context.Canceled)
	require.NoError(t, db.Close())
}

// isPing recognises what a Listener asks after a silence.
func isPing(sent []byte) bool { return bytes.Contains(sent, []byte("-- are you there?\x00")) }
