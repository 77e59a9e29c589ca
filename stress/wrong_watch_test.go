package main

import (
	"net/http"
	"time"

	"github.com/gorilla/websocket"
)

// publish gives every watcher the latest state; one that has not taken the last gets this one instead.
func (s *wrongShop) publish() {
	state := s.state()
	if state["revision"] == s.told {
		return // the clock's step was told with a purchase
	}
	s.told = state["revision"].(int)
	if s.bug == stockGoes && s.writes%5 == 4 {
		n := max(0, s.counted()-3)
		state["sold"], state["remaining"] = n, s.stock-n
	}
	for w := range s.watchers {
		select {
		case <-w:
		default:
		}
		w <- state
	}
}

func (s *wrongShop) watch(w http.ResponseWriter, r *http.Request) {
	upgrader := websocket.Upgrader{Subprotocols: []string{"graphql-transport-ws"}}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	if s.way > 0 {
		<-time.After(s.way)
	}
	var m struct{ ID, Type string }
	if conn.ReadJSON(&m) != nil || conn.WriteJSON(map[string]any{"type": "connection_ack"}) != nil || conn.ReadJSON(&m) != nil {
		return
	}
	states := make(chan map[string]any, 1)
	s.mu.Lock()
	if s.bug == throwsOut && len(s.list) > 0 {
		s.mu.Unlock()
		return
	}
	states <- s.state()
	s.watchers[states] = true
	s.visits++
	s.mu.Unlock()
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_, _, _ = conn.ReadMessage() // the client says nothing more
	}()
	defer func() {
		s.mu.Lock()
		delete(s.watchers, states)
		s.mu.Unlock()
	}()
	for {
		select {
		case state := <-states:
			if state == nil { // it was killed
				return
			}
			event := map[string]any{"id": m.ID, "type": "next", "payload": map[string]any{"data": map[string]any{"stockChanged": state}}}
			if s.bug == throwsOut && state["sold"] != 0 || conn.WriteJSON(event) != nil || s.bug == hangsUp {
				return
			}
		case <-gone:
			return
		}
	}
}
