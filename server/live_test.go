package main

import (
	"net/http"
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
	input := saleInput(1, time.Now().Add(2*time.Second))
	input["endsAt"] = time.Now().Add(3 * time.Second).UTC().Format(time.RFC3339Nano)
	made := h.must(t, h.operator(t), scheduleSale, vars{"input": input}, "scheduleSale")
	assert.Equal(t, "UPCOMING", at(t, made, "sale.phase"))
	id := at(t, made, "sale.id").(string)
	s := h.connect(t, "")
	s.subscribe(t, "a", `subscription { stockChanged { phase } }`, nil)
	var phases []string
	s.until(t, "stockChanged", func(sale map[string]any) bool {
		phases = append(phases, sale["phase"].(string))
		if sale["phase"] == "ACTIVE" {
			assert.Equal(t, "PurchaseSuccess", h.buy(t, "ann", id, "")["__typename"], "announced is open")
		}
		return sale["phase"] == "ENDED"
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
