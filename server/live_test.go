package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAWatcherSeesTheSaleThenEveryChange(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	id := h.schedule(t, 2)
	s := h.connect(t, "")
	s.subscribe(t, "a", `subscription($id: ID) { stockChanged(saleId: $id) { id phase stock sold remaining revision } }`, vars{"id": id})
	now := s.event(t)["stockChanged"].(map[string]any)
	assert.Equal(t, "ACTIVE", now["phase"])
	assert.InDelta(t, 2.0, now["remaining"], 0, "the present state at once")

	h.buy(t, "ann", id, "")
	after := s.event(t)["stockChanged"].(map[string]any)
	assert.InDelta(t, 1.0, after["remaining"], 0)
	assert.Greater(t, after["revision"], now["revision"])

	h.must(t, h.operator(t), `mutation($id: ID!) { pauseSale(input: {saleId: $id}) { sale { id } } }`, vars{"id": id}, "pauseSale")
	assert.Equal(t, "PAUSED", s.event(t)["stockChanged"].(map[string]any)["phase"])
	s.send(t, frame{ID: "a", Type: "complete"})

	s.subscribe(t, "b", `subscription { stockChanged(saleId: "sale_99") { id } }`, nil)
	f := s.next(t)
	assert.Equal(t, "b", f.ID, "and not a word more for a")
	assert.Contains(t, string(f.Payload), "SALE_NOT_FOUND")
}

// TestASaleThatOpensByTheClockAloneIsAnnounced, and so is its end.
func TestASaleThatOpensByTheClockAloneIsAnnounced(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	made := h.must(t, h.operator(t), scheduleSale, vars{"input": saleInput(1, time.Now().Add(time.Hour))}, "scheduleSale")
	assert.Equal(t, "UPCOMING", at(t, made, "sale.phase"))
	id := at(t, made, "sale.id").(string)
	s := h.connect(t, "")
	s.subscribe(t, "a", `subscription { stockChanged { phase } }`, nil)
	// Each moment is set once what comes before it has been seen, so that no stall of the machine hides that.
	window := vars{"saleId": id}
	move := func(what string, to time.Duration) (wrong []any) {
		window[what] = time.Now().Add(to).UTC().Format(time.RFC3339Nano)
		return h.changeAs(t, "op", "rescheduleSale", "RescheduleSaleInput", window)["userErrors"].([]any)
	}
	var phases []string
	s.until(t, "stockChanged", func(sale map[string]any) bool {
		phase := sale["phase"].(string)
		if slices.Contains(phases, phase) { // it has been moved
			return false
		}
		phases = append(phases, phase)
		switch phase {
		case "UPCOMING":
			assert.Empty(t, move("startsAt", 2*time.Second))
		case "ACTIVE":
			assert.Equal(t, "PurchaseSuccess", h.buy(t, "ann", id, "")["__typename"], "announced is open")
		case "SOLD_OUT":
			for len(move("endsAt", time.Second)) > 0 { //nolint:revive // until it lies in the future
			}
		}
		return phase == "ENDED"
	})
	assert.Equal(t, []string{"UPCOMING", "ACTIVE", "SOLD_OUT", "ENDED"}, phases)
}

func TestQueriesAndMutationsTravelOnTheSocketToo(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	id := h.schedule(t, 1)
	s := h.connect(t, h.token(t, "ann"))
	s.subscribe(t, "1", purchase, vars{"input": vars{"saleId": id}})
	assert.Equal(t, "PurchaseSuccess", at(t, s.event(t), "purchase.__typename"))
	assert.Equal(t, "complete", s.next(t).Type)
}

func TestWhoMayOpenASocket(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	_, response, err := h.dial(t, http.Header{"Origin": {"https://evil.example"}})
	require.Error(t, err)
	assert.Equal(t, http.StatusForbidden, response.StatusCode)
	_, _, err = h.dial(t, http.Header{"Origin": {h.URL()}})
	require.NoError(t, err, "the page itself")

	plain := websocket.Dialer{}
	_, response, err = plain.DialContext(t.Context(), "ws"+strings.TrimPrefix(h.URL(), "http")+"/graphql", nil)
	require.Error(t, err)
	assert.Equal(t, http.StatusBadRequest, response.StatusCode, "without a subprotocol")

	s, _, err := h.dial(t, nil)
	require.NoError(t, err)
	s.send(t, frame{Type: "connection_init", Payload: []byte(`{"Authorization":"Bearer nonsense"}`)})
	var f frame
	assert.True(t, websocket.IsCloseError(s.ReadJSON(&f), 4403), "a token that is none")

	s = h.connect(t, "")
	require.NoError(t, s.WriteMessage(websocket.TextMessage, []byte(`{"type":"`+strings.Repeat("x", 9000)+`"}`)))
	assert.True(t, websocket.IsCloseError(s.ReadJSON(&f), websocket.CloseMessageTooBig))
}
