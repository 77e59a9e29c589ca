package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/pprof"
	"os"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/gorilla/websocket"

	"stampede/graph"
	"stampede/model"
	"stampede/server/heap"
	"stampede/server/pg"
	"stampede/server/sale"
	"stampede/server/stock"
)

// The rivals are servers with the same engine, hub and schema, and another way to the subscribers: gqlgen's own
// websocket transport on gorilla/websocket, and a bare broadcast that writes prepared bytes and understands nothing.

// shopperHeader names who buys: the rivals check no tokens.
const shopperHeader = "X-Shopper"

// serveRival serves like the real server, by the same environment, until ctx ends.
func serveRival(ctx context.Context, kind string) error {
	db, err := pg.Open(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		return err
	}
	clock := &stock.Clock{}
	store := sale.NewStore(db, nil, quiet())
	hub := stock.NewHub(clock)
	relay := stock.NewRelay(hub, clock, store, db, store.NoteRival, quiet())
	sales := sale.New(store, board{hub, relay}, sale.Limits{}, quiet())
	if err := relay.Sync(ctx); err != nil {
		return err
	}
	go hub.Run(ctx) // these end with the process
	go relay.Run(ctx)
	// As the server does: transports are compared, and not collectors.
	go heap.Keep(ctx)
	go func() { _ = http.ListenAndServe(os.Getenv("PPROF_ADDR"), profiles()) }() //nolint:gosec // for the benchmark alone

	gql := handler.New(graph.NewSchema(&graph.Resolver{Sales: sales, Feed: hub, Log: quiet()}))
	gql.AddTransport(transport.POST{})
	mux := http.NewServeMux()
	mux.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	switch kind {
	case "gqlgen":
		gql.AddTransport(transport.Websocket{Implementation: gorilla{}})
		mux.Handle("/graphql", named(gql))
	case "bare":
		b := &broadcast{conns: map[*websocket.Conn]struct{}{}, hub: hub}
		go b.run(ctx)
		mux.Handle("/graphql", b.orElse(named(gql)))
	default:
		return fmt.Errorf("there is no rival %q", kind)
	}
	server := &http.Server{Addr: os.Getenv("ADDR"), Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// board is what the engine sees of live stock, as in the server.
type board struct {
	*stock.Hub
	relay *stock.Relay
}

func (b board) Publish(sale model.Sale) { b.relay.Publish(sale) }

func profiles() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	return mux
}

func named(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if shopper := r.Header.Get(shopperHeader); shopper != "" {
			viewer := &graph.Viewer{ID: shopper, Scopes: []graph.Scope{graph.ScopeShopper}}
			r = r.WithContext(graph.WithViewer(r.Context(), viewer))
		}
		next.ServeHTTP(w, r)
	})
}

var upgrader = websocket.Upgrader{
	ReadBufferSize: 512, WriteBufferSize: 512, Subprotocols: []string{"graphql-transport-ws"},
	CheckOrigin: func(*http.Request) bool { return true },
}

// gorilla adapts gorilla/websocket to gqlgen's transport.
type gorilla struct{}

// Accept upgrades a request.
func (gorilla) Accept(
	w http.ResponseWriter, r *http.Request, _ transport.WebsocketAcceptOptions,
) (transport.WebsocketConn, error) {
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return nil, err
	}
	return gorillaConn{conn}, nil
}

type gorillaConn struct{ *websocket.Conn }

// NextReader tells an end as gqlgen knows it.
func (c gorillaConn) NextReader() (int, io.Reader, error) {
	kind, reader, err := c.Conn.NextReader()
	if _, closed := errors.AsType[*websocket.CloseError](err); closed {
		err = transport.ErrWebsocketClosed
	}
	return kind, reader, err
}

// WriteClose says why it ends.
func (c gorillaConn) WriteClose(code int, message string) error {
	return c.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, message), time.Now().Add(time.Second))
}

// broadcast writes the same prepared bytes to all of its connections: what no transport can do with less.
type broadcast struct {
	hub *stock.Hub

	mu    sync.Mutex // guards what follows
	conns map[*websocket.Conn]struct{}
	last  *websocket.PreparedMessage
}

// orElse takes what asks for a websocket.
func (b *broadcast) orElse(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !websocket.IsWebSocketUpgrade(r) {
			next.ServeHTTP(w, r)
			return
		}
		if conn, err := upgrader.Upgrade(w, r, nil); err == nil {
			go b.serve(conn) // and nothing of the request is kept
		}
	})
}

// serve plays the protocol's first words, and reads until the end.
func (b *broadcast) serve(conn *websocket.Conn) {
	defer func() { _ = conn.Close() }()
	for ack := false; ; ack = true {
		if _, _, err := conn.ReadMessage(); err != nil {
			b.mu.Lock()
			delete(b.conns, conn)
			b.mu.Unlock()
			return
		}
		b.mu.Lock()
		if !ack {
			_ = conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"connection_ack"}`)) // the reader sees the end
		} else {
			b.conns[conn] = struct{}{}
			if b.last != nil {
				_ = conn.WritePreparedMessage(b.last)
			}
		}
		b.mu.Unlock()
	}
}

func (b *broadcast) run(ctx context.Context) {
	for state := range b.hub.Watch(ctx, 0) {
		payload, err := json.Marshal(map[string]any{
			"id": "1", "type": "next", "payload": map[string]any{"data": map[string]any{"stockChanged": map[string]any{
				"id": fmt.Sprintf("sale_%d", state.ID), "phase": state.Phase(), "stock": state.Stock, "sold": state.Sold,
				"remaining": state.Remaining(), "revision": state.Revision(), "startsAt": state.StartsAt, "endsAt": nil,
				"serverTime": state.At, "__typename": "Sale",
			}}},
		})
		if err != nil {
			continue
		}
		prepared, err := websocket.NewPreparedMessage(websocket.TextMessage, payload)
		if err != nil {
			continue
		}
		b.mu.Lock()
		b.last = prepared
		for conn := range b.conns {
			_ = conn.WritePreparedMessage(prepared) // the reader sees the end
		}
		b.mu.Unlock()
	}
}
