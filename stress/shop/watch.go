package shop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/gorilla/websocket"

	"stampede/stress/judge"
)

// Watch is a subscription to a sale's stock on a connection of its own.
type Watch struct {
	socket *websocket.Conn
	stop   func() bool
}

const (
	handshakeLimit = 10 * time.Second
	silenceLimit   = 60 * time.Second // servers ping much more often
)

// Subscribe opens a websocket and asks for a sale's states. It ends with ctx.
func Subscribe(ctx context.Context, t *Target, sale string) (*Watch, error) {
	dialer := websocket.Dialer{
		Subprotocols: []string{"graphql-transport-ws"}, HandshakeTimeout: handshakeLimit,
		ReadBufferSize: 1024, WriteBufferSize: 512,
	}
	socket, response, err := dialer.DialContext(ctx, t.websocketURL(), nil) //nolint:bodyclose // a handshake has none
	if err != nil {
		if response != nil {
			return nil, fmt.Errorf("open a websocket: %w (%s)", err, response.Status)
		}
		return nil, fmt.Errorf("open a websocket: %w", err)
	}
	socket.SetReadLimit(maxBody)
	w := &Watch{socket: socket}
	w.stop = context.AfterFunc(ctx, func() { _ = socket.Close() })
	socket.SetPingHandler(func(data string) error {
		_ = socket.SetReadDeadline(time.Now().Add(silenceLimit))
		return socket.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(handshakeLimit))
	})
	query, err := json.Marshal(map[string]any{
		"query":     `subscription($id:ID!){stockChanged(saleId:$id){phase stock sold remaining revision}}`,
		"variables": map[string]string{"id": sale},
	})
	if err == nil {
		err = w.introduce(query)
	}
	if err != nil {
		w.Close()
		return nil, fmt.Errorf("subscribe: %w", err)
	}
	return w, nil
}

type message struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

func (w *Watch) introduce(query []byte) error {
	if err := w.socket.WriteJSON(message{Type: "connection_init", Payload: []byte("{}")}); err != nil {
		return err
	}
	m, err := w.read()
	if err != nil {
		return err
	}
	if m.Type != "connection_ack" {
		return fmt.Errorf("wanted connection_ack, got %s", m.Type)
	}
	return w.socket.WriteJSON(message{ID: "1", Type: "subscribe", Payload: query})
}

// read is the next message that is no ping.
func (w *Watch) read() (m message, err error) {
	for {
		if err := w.socket.SetReadDeadline(time.Now().Add(silenceLimit)); err != nil {
			return m, err
		}
		m = message{}
		if err := w.socket.ReadJSON(&m); err != nil {
			return m, err
		}
		switch m.Type {
		case "ping":
			if err := w.socket.WriteJSON(message{Type: "pong"}); err != nil {
				return m, err
			}
		case "pong":
		default:
			return m, nil
		}
	}
}

// Next waits for the next state, and says when it came.
func (w *Watch) Next() (judge.State, time.Time, error) {
	m, err := w.read()
	at := time.Now()
	if err != nil {
		return judge.State{}, at, err
	}
	if m.Type != "next" {
		return judge.State{}, at, fmt.Errorf("the subscription ends with %s %.200s", m.Type, m.Payload)
	}
	var got struct {
		Data struct {
			StockChanged *judge.State `json:"stockChanged"`
		} `json:"data"`
	}
	if err := json.Unmarshal(m.Payload, &got); err != nil || got.Data.StockChanged == nil {
		return judge.State{}, at, errors.New("an event without a sale")
	}
	return *got.Data.StockChanged, at, nil
}

// Close ends it.
func (w *Watch) Close() {
	w.stop()
	_ = w.socket.Close()
}
