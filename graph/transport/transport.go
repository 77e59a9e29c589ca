// Package transport says how operations travel: GraphQL over HTTP, graphql-transport-ws on websockets, and server-sent
// events.
package transport

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"stampede/graph"
)

const (
	maxBody          = 8 << 10  // bytes of a request, or of a websocket message
	maxBodyIntrospec = 16 << 10 // the standard introspection query, with room for its variables
)

// Options say what a Handler may do.
type Options struct {
	// Introspection lets clients ask for the schema.
	Introspection bool
	// Authenticate checks an Authorization value ("Bearer …"), puts its viewer into the context, and says until when
	// the token is good.
	Authenticate func(ctx context.Context, authorization string) (context.Context, time.Time, error)
	// Feed is what subscriptions follow.
	Feed graph.Feed
	// Allowed says whether a websocket may be opened from this origin. Requests without one always may.
	Allowed func(r *http.Request, origin string) bool
	// MaxSockets and MaxSocketsFrom bound the live connections of this process, 50 000 when 0, and those from one
	// address. 0: 1 000 from a public address, and any number from a private one: that is a proxy, or a test.
	MaxSockets, MaxSocketsFrom int
	// Admit counts an operation on a websocket that was opened from this address, or says how long its client has to
	// wait. Nil: all are admitted. Requests have been counted when they come here.
	Admit func(address string, viewer *graph.Viewer) (wait time.Duration, ok bool)
	Log   *slog.Logger
}

func (o Options) maxSockets() int { return cmp.Or(o.MaxSockets, 50_000) }

func (o Options) maxSocketsFrom(address string) int {
	switch ip, err := netip.ParseAddr(address); {
	case o.MaxSocketsFrom > 0:
		return o.MaxSocketsFrom
	case err != nil || Private(ip):
		return o.maxSockets()
	default:
		return 1_000
	}
}

// Handler serves GraphQL on one address.
type Handler struct {
	exec    *executes
	limit   int64 // bytes of a request
	sockets *websockets
}

// New serves the resolver's schema.
func New(resolver *graph.Resolver, o Options) *Handler {
	h := &Handler{exec: newExecutes(graph.NewSchema(resolver), o.Introspection), limit: maxBody, sockets: newWebsockets(o)}
	h.exec.admit = o.Admit
	if o.Introspection {
		h.limit = maxBodyIntrospec
	}
	h.exec.SetErrorPresenter(resolver.PresentError)
	h.exec.SetRecoverFunc(resolver.RecoverPanic)
	return h
}

// ServeHTTP answers one request, or serves one websocket or stream until it ends.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.sockets.Supports(r) {
		h.sockets.Do(w, r, h.exec)
		return
	}
	if wantsStream(r) {
		h.stream(w, r)
		return
	}
	h.serve(w, r)
}

// drainSpread is how long the live connections are given their notice, one after the other.
const drainSpread = time.Second

// Close closes every websocket with 1012, ends every stream, and waits until they have ended, or ctx has. Closing twice
// is fine.
func (h *Handler) Close(ctx context.Context) error { return h.sockets.drain(ctx, drainSpread) }
