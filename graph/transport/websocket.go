package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"time"

	gqltransport "github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/gorilla/websocket"
)

const (
	subprotocol = "graphql-transport-ws"

	initTimeout = 5 * time.Second
	// pingInterval: a client that answers no ping within twice this is gone.
	pingInterval = 10 * time.Second
	// writeTimeout: a client that reads nothing for so long is gone.
	writeTimeout = 10 * time.Second

	// lastWords is how long a connection has to say goodbye.
	lastWords = 500 * time.Millisecond

	closeServiceRestart = 1012
	closeForbidden      = 4403
)

// serveWebsocket refuses foreign origins and other protocols before the upgrade, and ends the socket when the server
// drains.
func (h *Handler) serveWebsocket(w http.ResponseWriter, r *http.Request) {
	if origin := r.Header.Get("Origin"); origin != "" && !h.allowed(r, origin) {
		Refuse(w, http.StatusForbidden, "FORBIDDEN", "Websockets are not open to this origin.")
		return
	}
	if !websocket.IsWebSocketUpgrade(r) || !slices.Contains(websocket.Subprotocols(r), subprotocol) {
		Refuse(w, http.StatusBadRequest, "BAD_REQUEST", "Open a websocket with the subprotocol graphql-transport-ws.")
		return
	}
	if !h.open() {
		w.Header().Set("Retry-After", "1")
		Refuse(w, http.StatusServiceUnavailable, "UNAVAILABLE", "The server is about to stop.")
		return
	}
	defer h.sockets.Done()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(h.draining, cancel)()
	h.server.ServeHTTP(w, r.WithContext(ctx))
}

// open counts a socket in, unless the server drains.
func (h *Handler) open() bool {
	h.opening.Lock()
	defer h.opening.Unlock()
	if h.draining.Err() != nil {
		return false
	}
	h.sockets.Add(1)
	return true
}

// websocket is gqlgen's transport on a gorilla connection. Its viewer comes from connection_init.
func (h *Handler) websocket(o Options) gqltransport.Websocket {
	limit := int64(maxBody)
	return gqltransport.Websocket{
		Implementation:   gorilla{},
		InitTimeout:      initTimeout,
		PingPongInterval: pingInterval,
		PayloadReadLimit: &limit,
		InitFunc: func(
			ctx context.Context, payload gqltransport.InitPayload,
		) (context.Context, *gqltransport.InitPayload, error) {
			authorization := payload.Authorization()
			if authorization == "" {
				return ctx, nil, nil
			}
			signedIn, err := o.Authenticate(ctx, authorization)
			if err != nil {
				ctx = gqltransport.WithWebsocketCloseCode(ctx, closeForbidden)
				return gqltransport.AppendCloseReason(ctx, "Forbidden"), nil, err
			}
			return signedIn, nil, nil
		},
	}
}

// gorilla adapts gorilla/websocket to gqlgen's transport.
type gorilla struct{}

func (gorilla) Accept(
	w http.ResponseWriter, r *http.Request, _ gqltransport.WebsocketAcceptOptions,
) (gqltransport.WebsocketConn, error) {
	upgrader := websocket.Upgrader{
		ReadBufferSize:  1024,
		WriteBufferSize: 1024,
		Subprotocols:    []string{subprotocol},
		CheckOrigin:     func(*http.Request) bool { return true },                // checked before the upgrade
		Error:           func(http.ResponseWriter, *http.Request, int, error) {}, // gqlgen answers
	}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return nil, err
	}
	// When the server drains, and when gqlgen is done with the connection without having closed it.
	context.AfterFunc(r.Context(), func() {
		_ = conn.NetConn().SetDeadline(time.Now().Add(lastWords)) // whoever does not read or write is not waited for
		time.AfterFunc(2*lastWords, func() { _ = conn.Close() })
	})
	return &gorillaConn{Conn: conn, ctx: r.Context()}, nil
}

// gorillaConn is one connection. Gqlgen reads from one goroutine and writes under a lock of its own.
type gorillaConn struct {
	*websocket.Conn
	ctx context.Context // the request's: it ends early only when the server drains
}

func (c *gorillaConn) NextReader() (int, io.Reader, error) {
	kind, reader, err := c.Conn.NextReader()
	if websocket.IsCloseError(err, websocket.CloseNormalClosure, websocket.CloseNoStatusReceived) {
		err = gqltransport.ErrWebsocketClosed
	}
	return kind, reader, err
}

// WriteJSON closes the connection of a client that does not read: gqlgen ignores the error.
func (c *gorillaConn) WriteJSON(v any) error {
	err := errors.Join(c.SetWriteDeadline(time.Now().Add(writeTimeout)), c.Conn.WriteJSON(v))
	if err != nil {
		return errors.Join(err, c.Close())
	}
	return nil
}

// WriteClose says 1012, after which clients come back, where gqlgen says 1000 because the server drains.
func (c *gorillaConn) WriteClose(code int, message string) error {
	if code == websocket.CloseNormalClosure && c.ctx.Err() != nil {
		code, message = closeServiceRestart, "the server restarts"
	}
	return c.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, message),
		time.Now().Add(time.Second))
}
