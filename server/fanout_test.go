package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

const (
	watchAll  = `subscription($id: ID) { stockChanged(saleId: $id) { id phase stock sold remaining revision serverTime } }`
	watchMine = `subscription { stockChanged { phase stock sold remaining revision viewerPurchase { ordinal shopperId } } }`
)

// operate pauses, resumes or ends a sale, and returns the sale's revision.
func (h *house) operate(t *testing.T, what, saleID string) float64 {
	t.Helper()
	query := `mutation($input: SaleInput!) { ` + what + `(input: $input) { sale { revision } userErrors { message } } }`
	made := h.must(t, h.operator(t), query, vars{"input": vars{"saleId": saleID}}, what)
	require.Empty(t, at(t, made, "userErrors"))
	return at(t, made, "sale.revision").(float64)
}

// read is the state in the next message, for goroutines, which may not end the test.
func (s *socket) read() (map[string]any, error) {
	for {
		var f frame
		if err := s.ReadJSON(&f); err != nil {
			return nil, err
		}
		if f.Type == "ping" {
			continue
		}
		var got answer
		if err := json.Unmarshal(f.Payload, &got); err != nil || f.Type != "next" || len(got.Errors) > 0 {
			return nil, fmt.Errorf("no state: %+v: %s", f, f.Payload)
		}
		return got.Data["stockChanged"].(map[string]any), nil
	}
}

func TestThoseWhoAskForTheSameAreToldTheSame(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	ids := [2]string{h.schedule(t, 9), h.schedule(t, 5)}
	// Two anonymous watchers of the first sale and a shopper, and one of the second sale with the same document.
	names := []string{"a", `another "id" <with> quotes`, "7", "other"}
	sockets := []*socket{h.connect(t, ""), h.connect(t, ""), h.connect(t, h.token(t, "ann")), h.connect(t, "")}
	sales := []string{ids[0], ids[0], ids[0], ids[1]}
	for i, s := range sockets {
		s.subscribe(t, names[i], watchAll, vars{"id": sales[i]})
		assert.Equal(t, sales[i], at(t, s.event(t), "stockChanged.id"))
	}
	for round := range 5 {
		h.buy(t, fmt.Sprint("shopper ", round), ids[0], "")
		var payloads []string
		for i, s := range sockets[:3] {
			f := s.next(t)
			assert.Equal(t, "next", f.Type)
			assert.Equal(t, names[i], f.ID, "under its own name")
			payloads = append(payloads, string(f.Payload))
		}
		assert.Equal(t, payloads[0], payloads[1], "the same, byte by byte, the clock too")
		assert.Contains(t, payloads[0], fmt.Sprintf(`"remaining":%d,`, 8-round))
		assert.Contains(t, payloads[2], fmt.Sprintf(`"remaining":%d,`, 8-round))
	}
	sockets[3].alive(t) // and has heard nothing of it
	h.buy(t, "ann", ids[1], "")
	assert.InDelta(t, 4, at(t, sockets[3].event(t), "stockChanged.remaining"), 0)
	for _, s := range sockets[:3] {
		s.alive(t)
	}
}

func TestEverybodySeesTheirOwnPurchase(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	id := h.schedule(t, 9)
	shoppers := []string{"ann", "bob", "cid", ""}
	var sockets []*socket
	for _, shopper := range shoppers {
		token := ""
		if shopper != "" {
			token = h.token(t, shopper)
		}
		s := h.connect(t, token)
		s.subscribe(t, "1", watchMine, nil)
		assert.Nil(t, at(t, s.event(t), "stockChanged.viewerPurchase"))
		sockets = append(sockets, s)
	}
	for i, shopper := range shoppers[:2] {
		require.Equal(t, "PurchaseSuccess", h.buy(t, shopper, id, "")["__typename"])
		for j, s := range sockets {
			sale := s.event(t)["stockChanged"].(map[string]any)
			assert.InDelta(t, i+1, sale["sold"], 0)
			if j > i { // has not bought yet
				assert.Nil(t, sale["viewerPurchase"], "%q", shoppers[j])
			} else {
				assert.Equal(t, vars{"ordinal": float64(j + 1), "shopperId": shoppers[j]}, sale["viewerPurchase"])
			}
		}
	}
}

// TestRevisionsNeverGoBack while 300 shoppers buy in a rush and operators pause and resume.
func TestRevisionsNeverGoBack(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	id := h.schedule(t, 400)
	const watchers, buyers = 50, 300
	var reading sync.WaitGroup
	t.Cleanup(reading.Wait)
	var sockets []*socket
	for i := range watchers {
		switch i % 5 {
		case 0: // a buyer, and what is theirs
			sockets = append(sockets, h.connect(t, h.token(t, fmt.Sprint("shopper-", i))))
			sockets[i].subscribe(t, "1", watchMine, nil)
		case 1: // names the sale
			sockets = append(sockets, h.connect(t, ""))
			sockets[i].subscribe(t, "1", watchAll, vars{"id": id})
		default:
			sockets = append(sockets, h.connect(t, ""))
			sockets[i].subscribe(t, "1", watchAll, nil)
		}
	}
	var seen [watchers]map[string]any // the last of each
	for i, s := range sockets {
		reading.Go(func() {
			for revision := -1.0; seen[i]["phase"] != "ENDED"; {
				sale, err := s.read()
				if !assert.NoError(t, err, "watcher %d", i) {
					return
				}
				assert.Greater(t, sale["revision"], revision, "watcher %d", i)
				assert.InDelta(t, sale["stock"], sale["sold"].(float64)+sale["remaining"].(float64), 0)
				if bought := seen[i]["viewerPurchase"]; bought != nil {
					assert.Equal(t, bought, sale["viewerPurchase"], "watcher %d", i)
				}
				revision, seen[i] = sale["revision"].(float64), sale
			}
		})
	}

	stopOperating := h.operateOnAndOff(t, id)
	bought := map[string]any{} // ordinals, by shopper
	for _, r := range h.rush(t, buyers, id, func(i int) (string, string) { return fmt.Sprint("shopper-", i), "k" }) {
		if r["__typename"] == "PurchaseSuccess" {
			bought[at(t, r, "purchase.shopperId").(string)] = at(t, r, "purchase.ordinal")
		}
	}
	stopOperating()
	require.Equal(t, "PurchaseSuccess", h.buy(t, "the last one", id, "")["__typename"])
	final := h.operate(t, "endSale", id)
	reading.Wait()
	for i, sale := range seen {
		require.NotNil(t, sale, "watcher %d", i)
		assert.InDelta(t, final, sale["revision"], 0, "watcher %d ends at the last state", i)
		assert.InDelta(t, len(bought)+1, sale["sold"], 0, "watcher %d", i)
		var ordinal any
		if mine, _ := sale["viewerPurchase"].(map[string]any); mine != nil {
			ordinal = mine["ordinal"]
		}
		if i%5 == 0 {
			assert.Equal(t, bought[fmt.Sprint("shopper-", i)], ordinal, "watcher %d", i)
		}
	}
}

// operateOnAndOff pauses and resumes a sale until it is told to stop; then the sale goes on.
func (h *house) operateOnAndOff(t *testing.T, saleID string) (stop func()) {
	t.Helper()
	token, enough, done := h.operator(t), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			for _, what := range []string{"pauseSale", "resumeSale"} {
				got, err := h.send(token, `mutation($id: ID!) { `+what+`(input: {saleId: $id}) { userErrors { message } } }`, vars{"id": saleID})
				assert.NoError(t, err)
				assert.Empty(t, got.Errors)
			}
			select {
			case <-enough:
				return
			default:
			}
		}
	}()
	stop = sync.OnceFunc(func() {
		close(enough)
		<-done
	})
	t.Cleanup(stop)
	return stop
}

func TestAllAreToldThatTheServerRestarts(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	h.schedule(t, 1)
	var all []*socket
	for i := range 60 {
		s, _, err := h.dial(t, nil)
		require.NoError(t, err)
		if i%3 > 0 { // some have not said a word yet
			s.say(t, `{"type":"connection_init"}`)
			require.Equal(t, "connection_ack", s.next(t).Type)
		}
		if i%3 > 1 { // and some watch
			s.subscribe(t, "1", watch, nil)
			s.event(t)
		}
		all = append(all, s)
	}
	var reading sync.WaitGroup
	for _, s := range all {
		reading.Go(func() {
			var f frame
			err := s.ReadJSON(&f)
			assert.True(t, websocket.IsCloseError(err, websocket.CloseServiceRestart), "%+v %v", f, err)
		})
	}
	require.NoError(t, h.Close(), "nobody holds it up")
	reading.Wait()
}

// TestAThousandWatchersComeAndGo while others buy, and leave nothing behind.
func TestAThousandWatchersComeAndGo(t *testing.T) { //nolint:paralleltest // it counts the goroutines
	h := openHouse(t, nil)
	id := h.schedule(t, 1_000_000)
	h.buy(t, "the first", id, "")
	h.client.CloseIdleConnections()
	before := goleak.IgnoreCurrent()

	const visitors, visits = 40, 25
	var visiting sync.WaitGroup
	t.Cleanup(visiting.Wait)
	for i := range visitors {
		token := h.token(t, fmt.Sprint("visitor ", i)) // one shopper may not have so many of their own
		visiting.Go(func() {
			for j := range visits {
				assert.NoError(t, h.visit(i*visits+j, token, id))
			}
		})
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		visiting.Wait()
	}()
	for round, open := 0, true; open; round++ {
		results := h.rush(t, 20, id, func(i int) (string, string) { return fmt.Sprint(round, " ", i), "k" })
		assert.Equal(t, map[string]int{"PurchaseSuccess": 20}, tally(results))
		select {
		case <-done:
			open = false
		default:
		}
	}
	// A pooled connection to the database may keep the goroutine that once read while a long statement was written.
	pooled := goleak.IgnoreAnyFunction("github.com/jackc/pgx/v5/pgconn/internal/bgreader.(*BGReader).bgRead")
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		h.client.CloseIdleConnections()
		assert.NoError(c, goleak.Find(before, pooled))
	}, waitLimit, tick)
}

// visit opens a socket, watches for a while or not at all, and leaves in one of the ways that there are.
func (h *house) visit(i int, token, saleID string) error {
	dialer := websocket.Dialer{Subprotocols: []string{"graphql-transport-ws"}, HandshakeTimeout: waitLimit}
	ws, _, err := dialer.Dial("ws"+strings.TrimPrefix(h.url, "http")+"/graphql", nil)
	if err != nil {
		return err
	}
	s := &socket{ws}
	defer func() { _ = s.Close() }()
	if i%10 == 9 { // changes its mind
		return s.SetReadDeadline(time.Now())
	}
	watches := []vars{{"query": watch}, {"query": watchMine}, {"query": watchAll, "variables": vars{"id": saleID}}}
	errs := []error{s.WriteJSON(vars{"type": "connection_init", "payload": vars{"Authorization": "Bearer " + token}})}
	for j := range 1 + i%3 {
		errs = append(errs, s.WriteJSON(vars{"id": fmt.Sprint(j), "type": "subscribe", "payload": watches[(i+j)%len(watches)]}))
	}
	if err := errors.Join(errs...); err != nil || i%10 == 8 { // gone before the answer
		return err
	}
	var ack frame
	if err := s.ReadJSON(&ack); err != nil {
		return err
	}
	for range i % 5 {
		if _, err := s.read(); err != nil {
			return err
		}
	}
	switch i % 4 {
	case 0: // politely
		err = s.WriteJSON(frame{ID: "0", Type: "complete"})
		return errors.Join(err, s.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1000, ""), time.Now().Add(waitLimit)))
	case 1: // the network is gone
		return s.NetConn().(*net.TCPConn).SetLinger(0)
	case 2: // breaks the rules
		return s.WriteJSON(frame{Type: "nonsense"})
	default:
		return nil
	}
}
