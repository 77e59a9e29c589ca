package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/server/pg/pgtest"
)

// TestAStoppedReplicaHoldsNobody stops a replica (as SIGSTOP, a hypervisor or a dying machine does) while it has the
// turn, in the middle of a purchase. The server takes the turn away from it; the sale's row it can't hold, because its
// COMMIT travels with the statement that takes the row. The other replica sells on, and so does the first when it comes
// back.
func TestAStoppedReplicaHoldsNobody(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	first := startServer(t, "DATABASE_URL="+patient(url), "DATA_DIR="+t.TempDir())
	id := first.schedule(t, 100)
	second := startServer(t, "DATABASE_URL="+patient(url), "DATA_DIR="+t.TempDir())
	b := newBystander(t, url, id)
	bought := map[string]float64{} // ordinals, by shopper
	note := func(shopper string, result map[string]any) {
		require.Equal(t, "PurchaseSuccess", result["__typename"], "%s: %v", shopper, result)
		bought[shopper] = at(t, result, "purchase.ordinal").(float64)
	}

	for name, replica := range map[string]*process{"first": first, "second": second} {
		b.take(t, `UPDATE sales SET version = version + 1 WHERE id = $1`)
		answer := replica.buying(t, name, id)
		b.waitForBlocked(t)
		b.commit(t) // its transaction fails and comes again: now it knows that it is not alone
		note(name, <-answer)
	}

	var caught string
	var answer <-chan map[string]any
	row, turn := 0, 0
	for i := 0; turn == 0; i++ {
		require.Less(t, i, 10, "it takes no turns")
		caught = fmt.Sprint("caught ", i)
		b.take(t, `SELECT FROM sales WHERE id = $1 FOR UPDATE`)
		answer = first.buying(t, caught, id)
		row = b.waitForBlocked(t)
		if turn = b.holderOfTurn(t); turn == 0 { // too late: it has been silent for so long that it has lost the turn
			b.commit(t)
			note(caught, <-answer)
		}
	}
	first.stop(t)
	b.commit(t)
	b.waitWhile(t, "its update is on the way", `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1 AND state = 'active')`, row)

	note("while it is stopped", second.buy(t, "while it is stopped", id, "k"))
	b.waitWhile(t, "it has the turn", `SELECT EXISTS (SELECT FROM pg_locks WHERE pid = $1 AND locktype = 'advisory')`, turn)
	b.waitWhile(t, "it has the row", `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1 AND state <> 'idle')`, row)

	require.NoError(t, first.cmd.Process.Signal(syscall.SIGCONT))
	told := <-answer
	if told["__typename"] == "PurchaseSuccess" {
		note(caught, told)
	}
	for _, shopper := range []string{caught, "after it"} {
		require.EventuallyWithT(t, func(c *assert.CollectT) {
			got, err := first.send(first.token(t, shopper), purchase, vars{"input": vars{"saleId": id, "idempotencyKey": "k"}})
			require.NoError(c, err)
			require.Empty(c, got.Errors)
			result := got.Data["purchase"].(map[string]any)
			require.Equal(c, "PurchaseSuccess", result["__typename"], "%v", result)
			ordinal := result["purchase"].(map[string]any)["ordinal"].(float64)
			if before, known := bought[shopper]; known {
				require.InDelta(c, before, ordinal, 0, "what it was told stays true")
			}
			bought[shopper] = ordinal
		}, waitLimit, 10*tick)
	}
	status := second.must(t, second.operator(t), listPurchases, vars{"id": id}, "saleStatus")
	nodes := at(t, status, "purchases.nodes").([]any)
	require.Len(t, nodes, len(bought), "nobody has two")
	for i, node := range nodes {
		ordinal := at(t, node, "ordinal").(float64)
		assert.InDelta(t, i+1, ordinal, 0, "no gaps")
		assert.InDelta(t, bought[at(t, node, "shopperId").(string)], ordinal, 0, "what was confirmed is in the list")
	}
}

// patient is the URL for a server that goes on waiting for a row that the test holds, and not for two seconds alone.
func patient(url string) string { return url + "&lock_timeout=60000" }

// buying asks for one unit in the background; the result follows, nil when there is none.
func (h *house) buying(t *testing.T, shopper, saleID string) <-chan map[string]any {
	t.Helper()
	token := h.token(t, shopper)
	result, done := make(chan map[string]any, 1), make(chan struct{})
	t.Cleanup(func() { <-done })
	go func() {
		defer close(done)
		got, err := h.send(token, purchase, vars{"input": vars{"saleId": saleID, "idempotencyKey": "k"}})
		assert.NoError(t, err)
		assert.Empty(t, got.Errors)
		bought, _ := got.Data["purchase"].(map[string]any)
		result <- bought
	}()
	return result
}

// stop freezes the process, and returns when it is frozen. At the test's end it runs again, so that it can be ended.
func (p *process) stop(t *testing.T) {
	t.Helper()
	t.Cleanup(func() { _ = p.cmd.Process.Signal(syscall.SIGCONT) }) // it may be gone
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGSTOP))
	var status syscall.WaitStatus
	for {
		_, err := syscall.Wait4(p.cmd.Process.Pid, &status, syscall.WUNTRACED, nil)
		if !errors.Is(err, syscall.EINTR) {
			require.NoError(t, err)
			break
		}
	}
	require.True(t, status.Stopped())
}

// bystander stands in the way at a sale's row, and watches who waits for it.
type bystander struct {
	holding, watching *pgx.Conn
	tx                pgx.Tx
	sale              int
}

func newBystander(t *testing.T, url, saleID string) *bystander {
	t.Helper()
	b := &bystander{}
	var err error
	b.sale, err = strconv.Atoi(strings.TrimPrefix(saleID, "sale_"))
	require.NoError(t, err)
	for _, conn := range []**pgx.Conn{&b.holding, &b.watching} {
		*conn, err = pgx.Connect(t.Context(), url)
		require.NoError(t, err)
		t.Cleanup(func() { _ = (*conn).Close(context.Background()) }) // and with it goes what it holds
	}
	return b
}

// take locks the sale's row by a statement, until commit.
func (b *bystander) take(t *testing.T, statement string) {
	t.Helper()
	var err error
	b.tx, err = b.holding.Begin(t.Context())
	require.NoError(t, err)
	_, err = b.tx.Exec(t.Context(), statement, b.sale)
	require.NoError(t, err)
}

func (b *bystander) commit(t *testing.T) {
	t.Helper()
	require.NoError(t, b.tx.Commit(t.Context()))
}

// waitForBlocked returns the session that waits for the row.
func (b *bystander) waitForBlocked(t *testing.T) (pid int) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		require.NoError(c, b.watching.QueryRow(t.Context(), `SELECT pid FROM pg_stat_activity
			WHERE datname = current_database() AND $1 = ANY (pg_blocking_pids(pid))`, b.holding.PgConn().PID()).Scan(&pid))
	}, waitLimit, tick)
	return pid
}

// holderOfTurn is the session that has a turn; 0 for none.
func (b *bystander) holderOfTurn(t *testing.T) (pid int) {
	t.Helper()
	require.NoError(t, b.watching.QueryRow(t.Context(), `SELECT coalesce(max(pid), 0) FROM pg_locks
		JOIN pg_database d ON d.oid = database
		WHERE datname = current_database() AND locktype = 'advisory' AND granted`).Scan(&pid))
	return pid
}

// waitWhile returns when a question about a session is no longer answered with yes.
func (b *bystander) waitWhile(t *testing.T, what, question string, pid int) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		var yes bool
		require.NoError(c, b.watching.QueryRow(t.Context(), question, pid).Scan(&yes))
		require.False(c, yes, what)
	}, waitLimit, tick)
}
